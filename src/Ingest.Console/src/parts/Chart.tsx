import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Row } from "../types";

export interface Line { name: string; values: Row; color: string; dash?: boolean }

const Height = 150;
const clock = (time: number) => new Date(time * 1000).toLocaleTimeString("en-GB");
const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Lines over time with axes that reach at least to `least`; below them the values at the pointer, the same moment in all charts. A drag
 * zooms, a double click shows all again. */
export function Chart({ title, id, times, lines, format, limits = [], least = 1 }: {
  title: string; id: string; times: number[]; lines: Line[]; format: (value: number) => string; limits?: number[]; least?: number;
}) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shape = lines.map(line => line.name).join("|");
  const latest = lines.map(line => {
    const value = [...line.values].reverse().find(each => each !== null);
    return `${line.name} ${value === undefined || value === null ? "unknown" : format(value)}`;
  }).join(", ");
  const data = [times, ...lines.map(line => line.values)] as uPlot.AlignedData;

  useEffect(() => {
    const element = place.current!;
    const made = () => {
      plot.current?.destroy();
      const grid = { stroke: color("--line"), width: 1 };
      const tick = { stroke: color("--soft"), grid, ticks: grid, font: "11px system-ui, sans-serif" };
      plot.current = new uPlot({
        width: Math.max(120, element.clientWidth), height: Height,
        cursor: { sync: { key: "ingest" }, drag: { x: true, y: false } },
        scales: { y: { range: (_, __, max) => [0, Math.max(max ?? 0, ...limits, least) * 1.05] } },
        axes: [
          { ...tick, size: 26, values: (_, ticks) => ticks.map(clock) },
          { ...tick, size: 70, values: (_, ticks) => ticks.map(format) },
        ],
        series: [
          { value: (_, time) => time === null ? "–" : clock(time) },
          ...lines.map(line => ({
            label: line.name, stroke: color(line.color), width: 2, dash: line.dash ? [5, 3] : [], points: { show: false },
            value: (_: uPlot, value: number | null) => value === null ? "–" : format(value),
          })),
        ],
        hooks: { draw: [drawn => limits.forEach(limit => drawLimit(drawn, limit))] },
      }, data, element);
    };
    made();
    const sizes = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(120, element.clientWidth), height: Height }));
    sizes.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", made);
    return () => { sizes.disconnect(); scheme.removeEventListener("change", made); plot.current?.destroy(); plot.current = null; };
    // The lines' names decide about the chart's shape; values come by setData.
  }, [shape]);

  useEffect(() => {
    const drawn = plot.current;
    if (!drawn) return;
    // Whoever has zoomed in looks at a stretch of time, and keeps it.
    const { min, max } = drawn.scales["x"]!;
    const all = drawn.data[0];
    const zoomed = min != null && max != null && all.length > 1 && (min > all[0]! || max < all[all.length - 1]!);
    drawn.setData(data, !zoomed);
    // Where the pointer is on no chart, the legend has the latest values.
    if ((drawn.cursor.left ?? -1) < 0) drawn.setLegend({ idx: times.length - 1 });
  }, [times, lines]);

  return <figure class="chart">
    <figcaption id={id}>{title}</figcaption>
    <div ref={place} role="img" aria-labelledby={id} aria-description={latest} />
  </figure>;
}

function drawLimit(plot: uPlot, limit: number) {
  const y = plot.valToPos(limit, "y", true);
  if (y < plot.bbox.top) return;
  plot.ctx.save();
  plot.ctx.strokeStyle = color("--bad");
  plot.ctx.setLineDash([2, 4]);
  plot.ctx.beginPath();
  plot.ctx.moveTo(plot.bbox.left, y);
  plot.ctx.lineTo(plot.bbox.left + plot.bbox.width, y);
  plot.ctx.stroke();
  plot.ctx.restore();
}
