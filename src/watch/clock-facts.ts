// Whether the clock is kept, and by how much it may be wrong: what the kernel says (adjtimex), asked by `timedatectl` and the time daemon
// of the host. A machine whose clock nobody keeps has no data.
import { run } from '../sys/process.ts'

export async function readClock(): Promise<
  { readonly synchronized: boolean; readonly offMs: number } | { readonly why: string }
> {
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
  if (shown.stdout.trim() !== 'yes') return { synchronized: false, offMs: 0 }
  const sync = await run(['timedatectl', 'show-timesync', '--property=NTPMessage'], { timeoutMs: 5000 })
  const text = /Offset=([+-]?[\d.]+)(us|ms|s)\b/.exec(sync.stdout)
  if (text === null) return { synchronized: true, offMs: 0 }
  const unit = { us: 0.001, ms: 1, s: 1000 }[text[2] as 'us' | 'ms' | 's']
  return { synchronized: true, offMs: Math.abs(Number(text[1])) * unit }
}
