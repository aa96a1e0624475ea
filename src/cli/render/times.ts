/** Moments, by the clock on the wall of whoever reads them. */

const DAY_MS = 24 * 3600_000;

/** `14:02:11`; for what is further away than the present day, `2026-01-31 14:02:11`. */
export function clockText(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  const near = Math.abs(nowMs - atMs) < DAY_MS && at.getDate() === new Date(nowMs).getDate();
  return near ? time : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}
