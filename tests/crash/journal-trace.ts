// The system calls of a living runner on its journal, beside the names of the places it passed: neither may know of a line that the other
// does not.
import type { Host } from '../host/host.ts'
import { until } from '../until.ts'
import { places, RUNNER } from './campaign.ts'

const FILE = '/run/sekisho-calls'
const UNIT = 'sekisho-strace.service'

/** Runs the work under strace; answers the calls and the places passed meanwhile. */
export async function traced(
  host: Host,
  work: () => Promise<void>,
): Promise<readonly [trace: string, passed: readonly string[]]> {
  const pid = (await host.ok(['pgrep', '-o', '-f', RUNNER])).trim()
  const calls = 'trace=write,pwrite64,writev,pwritev,fsync,fdatasync'
  const strace = ['strace', '-f', '-y', '-qq', '-e', calls, '-p', pid, '-o', FILE]
  await host.ok(['systemd-run', `--unit=${UNIT}`, '--service-type=exec', ...strace])
  await until('strace to hold every thread', 10_000, async () => {
    const { stdout } = await host.exec([
      'sh',
      '-c',
      `grep -L 'TracerPid:\t0' /proc/${pid}/task/*/status | wc -l; ls /proc/${pid}/task | wc -l`,
    ])
    const [held, there] = stdout.trim().split('\n')
    return held === there ? true : undefined
  })
  const before = (await places(host)).length
  await work()
  const passed = (await places(host)).slice(before)
  await host.ok(['systemctl', 'stop', UNIT])
  return [(await host.read(FILE)).toString(), passed]
}

/** What does not fit between the two; empty when all does. */
export function judgeTrace(trace: string, passed: readonly string[]): readonly string[] {
  const faults: string[] = []
  const calls = trace.split('\n').flatMap((line) => {
    // A call that another thread interrupted is told in two halves; the first one has the path.
    const whole = line.replace(/ <unfinished \.\.\.>$/, ') = 0')
    const found = /^\d+\s+(\w+)\(\d+<([^>]*\/runner\/journal\/[^>]*\.jsonl)>.*= \d+$/.exec(whole)
    return found === null ? [] : [{ call: found[1] ?? '', path: found[2] ?? '' }]
  })
  const writes = calls.filter(({ call }) => call.includes('write')).length
  const before = passed.filter((name) => /^journal\..*\.before$/.test(name)).length
  const after = passed.filter((name) => /^journal\..*\.after$/.test(name)).length
  if (writes < 20) faults.push(`only ${writes} writes were seen`)
  if (writes !== before) faults.push(`${writes} writes, ${before} places before a line`)
  if (writes !== after) faults.push(`${writes} writes, ${after} places after a line`)
  const waiting = new Set<string>()
  for (const { call, path } of calls) {
    if (!call.includes('write')) waiting.delete(path)
    else if (waiting.has(path)) faults.push(`a second write to ${path} before fsync`)
    else waiting.add(path)
  }
  for (const path of waiting) faults.push(`no fsync of ${path}`)
  return faults
}
