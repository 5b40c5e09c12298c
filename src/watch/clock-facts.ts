// Whether the clock is kept, and by how much it may be wrong, as the time daemon of the host says it. A machine whose clock nobody keeps has no
// data, and so has one whose daemon says that it is kept and not by how much.
import { run } from '../sys/process.ts'

export type ClockFacts =
  | { readonly synchronized: boolean; readonly offMs: number | undefined }
  | { readonly why: string }

export async function readClock(): Promise<ClockFacts> {
  const chrony = await run(['chronyc', '-c', 'tracking'], { timeoutMs: 5000 })
  if (chrony.code === 0) {
    const fields = chrony.stdout.trim().split(',')
    // System time offset in seconds, and the leap status; chronyc(1).
    const off = Math.abs(Number(fields[4]))
    const leap = fields.at(-1) ?? ''
    if (Number.isFinite(off)) return { synchronized: leap === 'Normal', offMs: off * 1000 }
  }
  const shown = await run(['timedatectl', 'show', '--property=NTPSynchronized', '--value'], {
    timeoutMs: 5000,
  })
  if (shown.code !== 0) return { why: shown.notStarted ?? shown.stderr.trim().slice(0, 200) }
  if (shown.stdout.trim() !== 'yes') return { synchronized: false, offMs: undefined }
  const status = await run(['timedatectl', 'timesync-status'], { timeoutMs: 5000 })
  return { synchronized: true, offMs: status.code === 0 ? offsetOf(status.stdout) : undefined }
}

/** `       Offset: +1min 2.345s` of `timedatectl timesync-status`, in ms without its sign; undefined where it stands in no such form. */
export function offsetOf(text: string): number | undefined {
  const said = /^\s*Offset: [+-]?(.+)$/m.exec(text)?.[1]?.trim()
  if (said === undefined) return undefined
  let ms = 0
  for (const part of said.split(/\s+/)) {
    const read = /^(\d+(?:\.\d+)?)(us|ms|s|min|h)$/.exec(part)
    if (read === null) return undefined
    ms += Number(read[1]) * (UNIT_MS[read[2] ?? ''] ?? Number.NaN)
  }
  return Number.isFinite(ms) ? ms : undefined
}
const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000 }
