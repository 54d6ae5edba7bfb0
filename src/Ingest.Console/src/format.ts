const whole = new Intl.NumberFormat("en");

export const count = (n: number) => whole.format(Math.round(n));

/** Short, for axes: 12k, 3.4M. */
export const short = (n: number) => {
  const units = ["", "k", "M", "G", "T"];
  let unit = 0;
  while (Math.abs(n) >= 1000 && unit < units.length - 1) { n /= 1000; unit++; }
  return (Number.isInteger(n) || Math.abs(n) >= 100 ? Math.round(n) : Number(n.toPrecision(3))) + (units[unit] ?? "");
};

export const bytes = (n: number) => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) { n /= 1024; unit++; }
  return (unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)) + " " + units[unit];
};

export const seconds = (s: number) => s > 0 && s < 1 ? Math.max(1, Math.round(s * 1000)) + " ms"
  : s < 60 ? (s < 10 ? s.toFixed(1) : Math.round(s)) + " s"
  : s < 3600 ? Math.floor(s / 60) + " min " + Math.round(s % 60) + " s"
  : s < 86400 ? Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min"
  : Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";

export const percent = (ratio: number) => (ratio * 100).toFixed(1) + " %";

export const words = (text: string) => text.replaceAll("_", " ");

export const moment = (time: string) => time.slice(0, 19).replace("T", " ") + " Z";

/** Seconds since a moment, by this machine's clock. */
export const since = (time: string) => Math.max(0, (Date.now() - Date.parse(time)) / 1000);

/** What others wrote may not turn the direction of what stands around it, nor hide: such characters show as their codes. */
export const visible = (text: string) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
  found => [...found].map(c => "\\u" + (c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")).join(""));
