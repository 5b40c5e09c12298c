// What tests have made and not taken away, because one of them failed or its worker died: processes that work in a directory, mounts and loop devices
// below it, and the directory. Each directory is noted before anything is made in it; when the run ends, what is still there is taken away and named.
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../src/sys/process.ts'

/** Where the directories of this run are noted, one a line. Workers have it from the process that started them. */
const NOTES = 'SEKISHO_TEST_NOTES'

export function note(directory: string): void {
  const notes = process.env[NOTES]
  if (notes !== undefined) appendFileSync(notes, `${directory}\n`)
}

/** Around the run of a project; several share one list. */
export function noteDirectories(): () => Promise<void> {
  if (process.env[NOTES] !== undefined) return async () => {}
  const place = mkdtempSync(join(tmpdir(), 'sekisho-notes-'))
  const notes = join(place, 'directories')
  process.env[NOTES] = notes
  return async () => {
    delete process.env[NOTES]
    for (const directory of noted(notes)) await takeAway(directory)
    rmSync(place, { recursive: true })
  }
}

function noted(notes: string): readonly string[] {
  try {
    return [...new Set(readFileSync(notes, 'utf8').split('\n').filter(Boolean))].reverse()
  } catch {
    return [] // Nothing was noted.
  }
}

async function takeAway(directory: string): Promise<void> {
  const left: string[] = []
  for (const [pid, argv] of processesIn(directory)) {
    left.push(`process ${pid} (${argv.join(' ').slice(0, 200)})`)
    process.kill(pid, 'SIGKILL')
  }
  left.push(...(await loopDevicesBelow(directory)))
  for (const path of mountsBelow(directory)) {
    left.push(`mount ${path}`)
    await run(['umount', '-l', path])
  }
  // Most go with their mount, a moment later.
  for (let tries = 40; tries > 0; tries--) {
    const devices = await loopDevicesBelow(directory)
    if (devices.length === 0) break
    for (const device of devices) await run(['losetup', '-d', device])
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  if (left.length > 0) console.log(`left behind by a test, and taken away now: ${left.join(', ')}`)
}

/** An argument names something in the directory: our programs are told where they work. */
export function processesIn(directory: string): readonly (readonly [number, readonly string[]])[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) return []
    const argv = argvOf(pid)
    return argv.some((one) => one === directory || one.startsWith(`${directory}/`))
      ? [[pid, argv] as const]
      : []
  })
}

function argvOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean)
  } catch {
    return [] // It has ended.
  }
}

/** The deepest first. */
function mountsBelow(directory: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path === directory || path.startsWith(`${directory}/`))
    .reverse()
}

export async function loopDevicesBelow(directory: string): Promise<readonly string[]> {
  const { stdout } = await run(['losetup', '--list', '--noheadings', '--raw', '--output', 'NAME,BACK-FILE'])
  return stdout
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([name = '', file = '']) => (file.startsWith(`${directory}/`) ? [name] : []))
}
