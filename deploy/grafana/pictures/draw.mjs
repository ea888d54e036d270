// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
//
// node draw.mjs ANSWERS.json DASHBOARDS OUT: a picture of each dashboard, by a Chromium that is installed.
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { readFileSync, mkdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { build } from 'vite';

const [answersFile, dashboards, out] = process.argv.slice(2);
const views = JSON.parse(readFileSync(answersFile, 'utf8'));
await build();

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const server = createServer((request, response) => {
  const path = new URL(request.url, 'http://localhost').pathname;
  try {
    const body = readFileSync(join('site', path === '/' ? 'index.html' : path));
    response.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/html' }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));

const program = ['chromium', 'chromium-browser', 'google-chrome']
  .map((name) => {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      return '';
    }
  })
  .find((found) => found);
if (!program) {
  throw new Error('no Chromium on the PATH; Debian has it: apt-get install chromium');
}
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
mkdirSync(out, { recursive: true });
let failed = false;
for (const view of views) {
  const dashboard = JSON.parse(readFileSync(join(dashboards, view.file), 'utf8'));
  const page = await browser.newPage({ viewport: { width: 1104, height: 800 }, deviceScaleFactor: 1.25 });
  page.on('pageerror', (error) => {
    failed = true;
    console.error(view.file, error.message);
  });
  await page.addInitScript((given) => (window.beckon = given), { ...view, dashboard });
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForSelector('#root > *', { timeout: 60000 });
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(1500);
  await page.locator('#root > div').last().screenshot({ path: join(out, view.file.replace('.json', '.png')) });
  await page.close();
}
await browser.close();
server.close();
process.exit(failed ? 1 : 0);
