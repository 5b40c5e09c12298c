// Runs in a host: moves the clocks of sekisho-watch, runner and gate through a day in steps, waits after each step until every check that is
// due was looked at, and starts one unit after the other. Prints what it saw as one line of JSON.
//   node idle-day-drive.ts URL TOKEN DIRECTORY FROM_MS STEP_MS STEPS UNIT…
import { spawnSync } from 'node:child_process'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const LIMIT_MS = 180_000

interface Line {
  readonly check: string
  readonly state: string
  readonly code?: string
  readonly everyMs: number
  readonly lookedAt?: string
  readonly finding?: string
}
export interface Day {
  /** Every check with a finding, each with the first step that showed it. */
  readonly found: readonly string[]
  /** Every check that was late at a step. */
  readonly late: readonly string[]
  readonly checks: number
  /** By check: how often its last look was another one. */
  readonly looks: Readonly<Record<string, number>>
  readonly units: number
  readonly endedAt: string
}

async function drive(
  url: string,
  token: string,
  directory: string,
  from: number,
  stepMs: number,
  steps: number,
  units: readonly string[],
): Promise<Day> {
  const found = new Map<string, string>()
  const late = new Set<string>()
  const looked = new Map<string, { at: string; count: number }>()
  let started = 0
  let last: readonly Line[] = []
  for (let step = 1; step <= steps; step++) {
    const shift = from + step * stepMs
    const moment = Date.now() + shift
    // Who looks goes ahead: to the gate it is never silent.
    set(directory, 'watch', shift)
    await until(`the beat of step ${step}`, async () => beatAt() >= moment)
    set(directory, 'runner', shift)
    // The gate takes what was found each few seconds: it wakes some times, so that nobody waits for its next time.
    for (const left of [12_000, 9000, 6000, 3000, 0]) {
      set(directory, 'gate', shift - left)
      await sleep(120)
    }
    const wait = () => `step ${step}: ${notYet(last, moment).join(', ')}`
    await until(wait, async () => {
      last = await checks(url, token, last)
      return last.length > 0 && notYet(last, moment).length === 0
    })
    for (const { check, state, code = '', finding, lookedAt = '' } of last) {
      if (finding !== undefined && !found.has(check))
        found.set(check, `${check} ${state} ${code} at step ${step}`)
      if (state === 'late') late.add(check)
      const before = looked.get(check)
      if (before?.at !== lookedAt) looked.set(check, { at: lookedAt, count: (before?.count ?? 0) + 1 })
    }
    for (; started < Math.ceil((units.length * step) / steps); started++)
      spawnSync('timeout', ['60', 'systemctl', 'start', units[started] ?? ''])
  }
  return {
    found: [...found.values()],
    late: [...late],
    checks: last.length,
    looks: Object.fromEntries([...looked].map(([check, { count }]) => [check, count])),
    units: started,
    endedAt: new Date(Date.now() + from + steps * stepMs).toISOString(),
  }
}

/** What is due at this moment and was not looked at. A look that is shown only in a result of its own has no time: it is not waited for. */
const notYet = (lines: readonly Line[], moment: number) =>
  lines
    .filter(({ lookedAt, everyMs }) => lookedAt !== undefined && Date.parse(lookedAt) + everyMs < moment)
    .map(({ check, state }) => `${check} ${state}`)

function set(directory: string, part: string, shift: number): void {
  writeFileSync(`${directory}/${part}.new`, String(shift), { mode: 0o644 })
  renameSync(`${directory}/${part}.new`, `${directory}/${part}`)
}

function beatAt(): number {
  try {
    const beat = JSON.parse(readFileSync('/var/lib/sekisho/watch/beat.json', 'utf8')) as { at: string }
    return Date.parse(beat.at)
  } catch {
    return 0 // Being written.
  }
}

/** What was read before, where the gate does not answer now. */
async function checks(url: string, token: string, before: readonly Line[]): Promise<readonly Line[]> {
  const answer = await fetch(`${url}/checks`, { headers: { authorization: `Bearer ${token}` } }).catch(
    () => undefined,
  )
  if (answer?.status !== 200) return before
  return ((await answer.json()) as { checks: Line[] }).checks
}

async function until(what: string | (() => string), isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + LIMIT_MS
  while (!(await isSo())) {
    if (Date.now() > end)
      throw new Error(`not within ${LIMIT_MS / 1000} s: ${typeof what === 'string' ? what : what()}`)
    await sleep(100)
  }
}

if (import.meta.main) {
  const [url = '', token = '', directory = '', from = '', stepMs = '', steps = '', ...units] =
    process.argv.slice(2)
  const day = await drive(url, token, directory, Number(from), Number(stepMs), Number(steps), units)
  console.log(JSON.stringify(day))
}
