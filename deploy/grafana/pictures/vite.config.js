// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  plugins: [react()],
  define: { 'process.env': {}, global: 'window' },
  build: { outDir: 'site', chunkSizeWarningLimit: 100000, minify: false, sourcemap: false },
  logLevel: 'error',
});
