// One chart over time.
import 'uplot/dist/uPlot.min.css';

import uPlot from 'uplot';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import type { Answer, Line, Unit } from './series.ts';
import { timesOf } from './series.ts';
import { timeZone } from '../../app/timeZone.ts';
import { bytes, clock, day, locale, moment } from '../units.ts';
import { wordOf } from '../word.ts';

const HEIGHT_PX = 200;
/** Told apart on light and on dark. */
const COLOURS = ['#4394e5', '#e8862e', '#63993d', '#876fd4', '#37a3a3', '#d95f3b', '#b98412', '#a18fff'];

const SAY: Record<Unit, (value: number) => string> = {
  percent: (value) => `${value.toLocaleString(locale(), { maximumFractionDigits: 1 })} %`,
  bytes,
  rate: (value) => `${bytes(value)}/s`,
  count: (value) => value.toLocaleString(locale(), { maximumFractionDigits: 2 }),
};

const colour = (name: string) => () => getComputedStyle(document.documentElement).getPropertyValue(`--pf-t--global--${name}`) || '#888';
const TEXT = colour('text--color--subtle');
const GRID = colour('border--color--subtle');

/** Steps of an axis of bytes: round as people count them. */
const BINARY_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power);
const DAY = 86_400;

/** A time on an axis: of the day, or the date where a step is a day or more. */
function sayTime(seconds: number, step: number): string {
  return step < DAY ? clock(seconds * 1000, { hour: '2-digit', minute: '2-digit' }) : day(seconds * 1000);
}

/** In words: `rx 0` is what was received by device 0. */
const lineName = (name: string) => name.replace(/^\w+/, (what) => wordOf('line', what));

/** What the legend tells of a line: the value that is pointed at, else the last one. */
function atOrLast({ data }: uPlot, value: number | null, series: number, at: number | null, say: (value: number) => string): string {
  const told = at === null ? [...(data[series] ?? [])].findLast((one) => typeof one === 'number') : value;
  return typeof told === 'number' ? say(told) : '–';
}

interface Props {
  label: string;
  unit: Unit;
  answer: Answer;
  lines: readonly Line[];
}

export function Chart({ label, unit, answer, lines }: Props) {
  const { t } = useTranslation();
  const timeText = t('stats.time');
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const names = lines.map((line) => lineName(line.name)).join('\n');

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const say = SAY[unit];
    const zone = timeZone();
    const axis = { stroke: TEXT, grid: { stroke: GRID, width: 1 }, ticks: { stroke: GRID, width: 1 } };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT_PX,
        // Where days begin on the axis.
        ...(zone && { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), zone) }),
        cursor: { sync: { key: 'stats' }, y: false },
        scales: { y: { range: (_, __, max) => [0, unit === 'percent' ? Math.max(100, max) : max > 0 ? max * 1.1 : 1] } },
        axes: [
          { ...axis, space: 70, values: (_, values, __, ___, step) => values.map((value) => sayTime(value, step)) },
          { ...axis, size: 76, values: (_, values) => values.map(say), ...((unit === 'bytes' || unit === 'rate') && { incrs: BINARY_STEPS }) },
        ],
        series: [
          { label: timeText, value: (plot, value: number | null, series, at) => atOrLast(plot, value, series, at, (seconds) => moment(seconds * 1000)) },
          ...names.split('\n').map((name, i) => ({
            label: name,
            stroke: COLOURS[i % COLOURS.length] ?? '#888',
            width: 1.5,
            spanGaps: false,
            points: { show: false },
            value: (plot: uPlot, value: number | null, series: number, at: number | null) => atOrLast(plot, value, series, at, say),
          })),
        ],
      },
      [[], ...names.split('\n').map(() => [])],
      element,
    );
    chart.current = plot;
    const size = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    size.observe(element);
    const theme = new MutationObserver(() => plot.redraw(false, true));
    theme.observe(document.documentElement, { attributeFilter: ['class'] });
    return () => {
      size.disconnect();
      theme.disconnect();
      plot.destroy();
      chart.current = undefined;
    };
  }, [unit, names, timeText]);

  useEffect(() => {
    const count = Math.max(0, ...lines.map((line) => line.points.length));
    chart.current?.setData([timesOf(answer, count), ...lines.map((line) => line.points)]);
  }, [answer, lines]);

  return <div ref={place} role="img" aria-label={label} className="xo-chart" />;
}
