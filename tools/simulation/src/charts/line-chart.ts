/** One line: x is a time in days, y in the chart's unit. */
export interface Line {
  readonly name: string
  readonly points: readonly (readonly [number, number])[]
}

export interface LineChart {
  readonly title: string
  readonly unit: string
  readonly lines: readonly Line[]
  /** Drawn as a dashed line: a limit or a target. */
  readonly mark?: { readonly name: string; readonly y: number }
  /** The values are durations in seconds, which differ by powers of ten. */
  readonly durations?: boolean
}

const WIDTH = 860
const HEIGHT = 360
const PLOT = { left: 84, right: 840, top: 74, bottom: 312 }

/** Colours that colour-blind readers can distinguish, on light and dark pages (after Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#b07aa1', '#8c6d1f', '#56b4e9']

/** Draws a chart as an SVG document. */
export function drawLines(chart: LineChart): string {
  const scale = scaleOf(chart)
  const body = [
    `<text x="16" y="28" class="title">${escapeXml(chart.title)}</text>`,
    legend(chart),
    ...scale.yTicks.map((y) => yTick(y, scale, chart)),
    ...scale.xTicks.map((x) => xTick(x, scale)),
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">days</text>`,
    ...(chart.mark === undefined ? [] : [markLine(chart.mark, scale)]),
    // The first series is drawn last, on top.
    ...chart.lines.map((line, i) => polyline(line, i, scale)).reverse(),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(chart.title)}">
<style>${STYLE}</style>
<rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="6"/>
${body.join('\n')}
</svg>
`
}

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.page { fill: #ffffff }
.grid { stroke: #d0d7de; stroke-width: 1 }
.mark { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 6 4 }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .page { fill: #0d1117 }
  .grid { stroke: #30363d }
  .mark { stroke: #ff7b72 }
}`

interface Scale {
  readonly x: (days: number) => number
  readonly y: (value: number) => number
  readonly xTicks: readonly number[]
  readonly yTicks: readonly number[]
}

function scaleOf({ lines, mark, durations = false }: LineChart): Scale {
  const points = lines.flatMap((line) => line.points)
  const xMost = points.reduce((most, [x]) => Math.max(most, x), 1)
  const xLeast = points.reduce((least, [x]) => Math.min(least, x), xMost)
  const yMost = points.reduce((most, [, y]) => Math.max(most, y), Math.max(mark?.y ?? 0, 1e-9)) * 1.05
  const x = (value: number) =>
    PLOT.left + ((value - xLeast) / (xMost - xLeast || 1)) * (PLOT.right - PLOT.left)
  const up = (share: number) => PLOT.bottom - share * (PLOT.bottom - PLOT.top)
  const xTicks = steps(xMost - xLeast).map((step) => xLeast + step)
  if (!durations) return { x, y: (y) => up(y / yMost), xTicks, yTicks: steps(yMost) }
  const low = Math.log10(0.1)
  const high = Math.max(1, Math.log10(yMost))
  const y = (value: number) => up((Math.log10(Math.max(value, 0.1)) - low) / (high - low))
  return { x, y, xTicks, yTicks: DURATIONS.map(([value]) => value).filter((value) => value <= yMost) }
}

/** Units of durations, in seconds. */
const DURATIONS: readonly (readonly [number, string])[] = [
  [0.1, '0.1 s'],
  [1, '1 s'],
  [10, '10 s'],
  [60, '1 min'],
  [600, '10 min'],
  [3_600, '1 h'],
  [21_600, '6 h'],
  [86_400, '1 d'],
  [864_000, '10 d'],
  [4_320_000, '50 d'],
]

/** Five or so round numbers from 0. */
function steps(most: number): number[] {
  const rough = most / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step)
}

function yTick(value: number, { y }: Scale, { unit, durations }: LineChart): string {
  const at = y(value).toFixed(1)
  const named = durations ? DURATIONS.find(([seconds]) => seconds === value)?.[1] : undefined
  const label = named ?? `${Number(value.toPrecision(3)).toLocaleString('en')}${unit}`
  return `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${at}" y2="${at}"/><text x="${PLOT.left - 8}" y="${at}" dy="4" text-anchor="end">${escapeXml(label)}</text>`
}

const xTick = (value: number, { x }: Scale) =>
  `<text x="${x(value).toFixed(1)}" y="${PLOT.bottom + 20}" text-anchor="middle">${Number(value.toFixed(2))}</text>`

const markLine = ({ name, y: value }: { name: string; y: number }, { y }: Scale) =>
  `<line class="mark" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/><text x="${PLOT.right - 4}" y="${(y(value) - 6).toFixed(1)}" text-anchor="end">${escapeXml(name)}</text>`

function polyline({ points }: Line, index: number, { x, y }: Scale): string {
  const colour = COLOURS[index % COLOURS.length]
  const [first] = points
  if (first !== undefined && points.length === 1)
    return `<circle fill="${colour}" r="4" cx="${x(first[0]).toFixed(1)}" cy="${y(first[1]).toFixed(1)}"/>`
  const path = points.map(([days, value]) => `${x(days).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
  return `<polyline class="line" stroke="${colour}" points="${path}"/>`
}

function legend({ lines }: LineChart): string {
  let x = PLOT.left
  const entries = lines.map(({ name }, i) => {
    const entry = `<line class="line" stroke="${COLOURS[i % COLOURS.length]}" x1="${x}" x2="${x + 22}" y1="52" y2="52"/><text x="${x + 28}" y="56">${escapeXml(name)}</text>`
    x += 28 + name.length * 7.5 + 24
    return entry
  })
  return entries.join('')
}

const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
