// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
//
// One dashboard, drawn with Grafana's own components out of its JSON and of answers that a Prometheus
// gave. The components are Grafana's; where they stand on the page, and how answers become frames, is
// told here.
import {
  FieldType,
  createTheme,
  dateTime,
  getDisplayProcessor,
  toDataFrame,
} from '@grafana/data';
import {
  BarGauge,
  BigValue,
  GlobalStyles,
  PanelChrome,
  TimeSeries,
} from '@grafana/ui';
import { ThemeContext } from '@grafana/data';
import React from 'react';
import { createRoot } from 'react-dom/client';
import { MemoryRouter } from 'react-router-dom';

const { dashboard, chosen, from, to: asked, answers } = window.beckon;
// So that no time stands at the very end, where it would be cut.
const to = Math.floor((asked - 22000) / 60000) * 60000 + 22000;
const theme = createTheme({ colors: { mode: 'dark' } });
const WIDTH = 1080;
const GAP = 8;
const UNIT = 30;

const range = { from: dateTime(from), to: dateTime(to), raw: { from: dateTime(from), to: dateTime(to) } };

const filled = (text) =>
  Object.keys(chosen)
    .sort((a, b) => b.length - a.length)
    .reduce((result, name) => result.split('$' + name).join(chosen[name]), text);

const legend = (target, labels) =>
  target.legendFormat.replace(/{{\s*(\w+)\s*}}/g, (_, label) => labels[label] ?? '');

const number = (text) => {
  const value = text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
  return Number.isFinite(value) ? value : null;
};

// What Prometheus' data source makes of buckets: how many are in each, not up to each.
function apart(found) {
  const bound = (series) => (series.metric.le === '+Inf' ? Infinity : Number(series.metric.le));
  const sorted = [...found].sort((a, b) => bound(a) - bound(b));
  return sorted.map((series, i) => ({
    metric: series.metric,
    value: [
      series.value[0],
      String(Number(series.value[1]) - (i > 0 ? Number(sorted[i - 1].value[1]) : 0)),
    ],
  }));
}

function series(panel, position) {
  return panel.targets.flatMap((target, i) => {
    const found = answers[position][i];
    return (target.format === 'heatmap' ? apart(found) : found).map((each) => ({
      name: legend(target, each.metric) || panel.title,
      labels: each.metric,
      points: each.values ?? [each.value],
    }));
  });
}

function configured(field, panel, name, color) {
  const defaults = panel.fieldConfig.defaults;
  field.config = {
    ...defaults,
    displayName: name,
    color: color ? { mode: 'fixed', fixedColor: color } : defaults.color,
    custom: {
      drawStyle: 'line',
      lineInterpolation: 'linear',
      axisPlacement: 'auto',
      axisColorMode: 'text',
      axisGridShow: true,
      scaleDistribution: { type: 'linear' },
      gradientMode: 'none',
      hideFrom: { legend: false, tooltip: false, viz: false },
      thresholdsStyle: { mode: 'off' },
      ...defaults.custom,
    },
  };
  field.display = getDisplayProcessor({ field, theme, timeZone: 'utc' });
  return field;
}

function Course({ panel, position, width, height }) {
  // Parts lie one upon the other, the largest below.
  const total = (each) => each.points.reduce((sum, [, value]) => sum + (number(value) ?? 0), 0);
  const all = series(panel, position);
  if (panel.fieldConfig.defaults.custom?.stacking?.mode === 'normal' && panel.targets.length === 1) {
    all.sort((a, b) => total(b) - total(a));
  }
  const palette = theme.visualization.palette.map((name) => theme.visualization.getColorByName(name));
  const times = [...new Set(all.flatMap((each) => each.points.map(([at]) => at)))].sort((a, b) => a - b);
  const frame = toDataFrame({
    fields: [
      { name: 'time', type: FieldType.time, values: times.map((at) => at * 1000) },
      ...all.map((each) => {
        const known = new Map(each.points);
        return {
          name: each.name,
          type: FieldType.number,
          values: times.map((at) => (known.has(at) ? number(known.get(at)) : null)),
        };
      }),
    ],
  });
  frame.fields.slice(1).forEach((field, i) => {
    configured(field, panel, all[i].name, palette[i % palette.length]);
    field.state = { seriesIndex: i, displayName: all[i].name };
  });
  return (
    <TimeSeries
      frames={[frame]}
      structureRev={1}
      timeRange={range}
      timeZone="utc"
      width={width}
      height={height}
      legend={panel.options.legend}
    />
  );
}

function shown(panel, each) {
  const frame = toDataFrame({
    fields: [
      { name: each.name, type: FieldType.number, values: each.points.map(([, value]) => number(value)) },
    ],
  });
  const field = configured(frame.fields[0], panel, each.name);
  const value = field.values[field.values.length - 1];
  return { field, value: field.display(value) };
}

function Stat({ panel, position, width, height }) {
  const [each] = series(panel, position);
  return (
    <BigValue
      value={shown(panel, each).value}
      width={width}
      height={height}
      theme={theme}
      colorMode={panel.options.colorMode}
      graphMode="none"
      justifyMode="auto"
      textMode="value"
    />
  );
}

function Bars({ panel, position, width, height }) {
  const all = series(panel, position);
  const bars = all.slice(0, Math.floor(height / 15));
  const space = Math.min(34, Math.floor(height / Math.max(1, bars.length)));
  const pixels = (text) => [...text].reduce((sum, c) => sum + (/[A-Z_]/.test(c) ? 9.4 : 7.8), 26);
  const titles = Math.min(230, Math.max(...bars.map((each) => pixels(each.name))));
  const max =
    panel.fieldConfig.defaults.max ??
    Math.max(...all.map((each) => number(each.points[each.points.length - 1][1]) ?? 0));
  const values = bars.map((each) => shown(panel, each));
  const text = values.reduce(
    (a, { value }) => {
      const whole = (value.prefix ?? '') + value.text + (value.suffix ?? '');
      return a.length >= whole.length ? a : whole;
    },
    ''
  );
  return (
    <div style={{ display: 'flex', flexDirection: 'column' }}>
      {bars.map((each, i) => (
        <div key={each.name} style={{ height: space, display: 'flex', alignItems: 'center' }}>
          <div
            style={{
              width: titles,
              boxSizing: 'border-box',
              paddingRight: 10,
              textAlign: 'right',
              whiteSpace: 'nowrap',
              overflow: 'hidden',
              textOverflow: 'ellipsis',
              fontSize: 12,
              color: theme.colors.text.secondary,
            }}
          >
            {each.name}
          </div>
          <BarGauge
            value={values[i].value}
            field={{ ...values[i].field.config, min: 0, max }}
            display={values[i].field.display}
            orientation="horizontal"
            displayMode="basic"
            width={width - titles}
            height={space - Math.min(5, Math.ceil(space / 6))}
            theme={theme}
            text={{ valueSize: Math.min(13, space - 5) }}
            alignmentFactors={{ title: '', text }}
            showUnfilled
          />
        </div>
      ))}
    </div>
  );
}

function Rows({ panel, position }) {
  const all = answers[position][0];
  const columns = [...new Set(all.flatMap((each) => Object.keys(each.metric)))];
  const renamed = panel.transformations[0].options.renameByName;
  const value = series(panel, position).map((each) => shown(panel, each).value);
  const cell = { padding: '0 10px', lineHeight: '19px', borderBottom: `1px solid ${theme.colors.border.weak}`, fontSize: 12 };
  return (
    <table style={{ width: '100%', borderCollapse: 'collapse' }}>
      <thead>
        <tr>
          {[...columns, renamed.Value].map((name, i) => (
            <th
              key={name}
              style={{
                ...cell,
                color: theme.colors.primary.text,
                textAlign: i < columns.length ? 'left' : 'right',
                fontWeight: 500,
              }}
            >
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {all.map((each, row) => (
          <tr key={row}>
            {columns.map((name) => (
              <td key={name} style={cell}>
                {each.metric[name] ?? ''}
              </td>
            ))}
            <td style={{ ...cell, textAlign: 'right' }}>
              {value[row].text}
              {value[row].suffix ?? ''}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const KINDS = { timeseries: Course, stat: Stat, bargauge: Bars, table: Rows };

function Picture() {
  const column = WIDTH / 24;
  const bottom = Math.max(...dashboard.panels.map((panel) => panel.gridPos.y + panel.gridPos.h));
  const choices = dashboard.templating.list.filter((variable) => chosen[variable.name]);
  return (
    <div style={{ width: WIDTH + GAP, padding: GAP, background: theme.colors.background.canvas }}>
      <div style={{ display: 'flex', alignItems: 'center', height: 44, gap: 10, padding: '0 4px' }}>
        <div style={{ fontSize: 18, fontWeight: 500 }}>{dashboard.title}</div>
        <div style={{ flex: 1 }} />
        {choices.map((variable) => (
          <div key={variable.name} style={{ display: 'flex', fontSize: 12 }}>
            <div style={{ padding: '5px 9px', background: theme.colors.background.secondary }}>
              {variable.label}
            </div>
            <div style={{ padding: '4px 9px', border: `1px solid ${theme.colors.border.medium}` }}>
              {variable.includeAll ? 'All' : chosen[variable.name]}
            </div>
          </div>
        ))}
      </div>
      <div style={{ position: 'relative', height: bottom * UNIT }}>
        {dashboard.panels.map((panel, position) => {
          const { x, y, w, h } = panel.gridPos;
          const Kind = KINDS[panel.type];
          const empty = answers[position].every((found) => found.length === 0);
          return (
            <div key={panel.id} style={{ position: 'absolute', left: x * column, top: y * UNIT }}>
              <PanelChrome
                title={filled(panel.title)}
                width={w * column - GAP}
                height={h * UNIT - GAP}
                padding="md"
              >
                {(width, height) =>
                  empty ? (
                    <div style={{ width, height, display: 'grid', placeItems: 'center' }}>No data</div>
                  ) : (
                    <Kind panel={{ ...panel, title: filled(panel.title) }} position={position} width={width} height={height} />
                  )
                }
              </PanelChrome>
            </div>
          );
        })}
      </div>
    </div>
  );
}

createRoot(document.getElementById('root')).render(
  <MemoryRouter>
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Picture />
    </ThemeContext.Provider>
  </MemoryRouter>
);
