// One act of the directory engine in a process of its own, which times itself: the runner is there before an act begins and has made a backup before,
// so that the start of node and what it loads once is nobody's. node backup-acts.mjs ACT BASE SOURCE [WRITTEN] answers one line of JSON.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { ServiceName } from '../src/base/id.ts'
import { Secrets } from '../src/runner/secrets.ts'
import { KEY, must, sceneIn, treeItem } from '../src/snapshot/directory/fixtures/scene.ts'
import type { Written } from '../src/snapshot/directory/request.ts'
import { verifySnapshot } from '../src/snapshot/directory/verify.ts'
import { type Access, withAccess } from '../src/snapshot/restic/access.ts'
import { openRepository } from '../src/snapshot/restic/keep.ts'
import { countSources, writeToRepository } from '../src/snapshot/restic/write.ts'
import { run } from '../src/sys/process.ts'
import { yielding } from '../src/tree/yield.ts'

export type Act = 'first' | 'unchanged' | 'verify' | 'restore' | 'wrap'

/** By the clock on the wall, and as the processor counts it for all that was started. */
export interface Cost {
  readonly wall: number
  readonly cpu: number
}
export interface Acted {
  readonly cost: Cost
  readonly written?: Written
}

const A = '20261125_000001Z'
const B = '20261125_000002Z'

async function act(
  name: Act | 'walk',
  base: string,
  source: string,
  given: string | undefined,
): Promise<Acted> {
  const scene = sceneIn(base)
  const items = [treeItem(source)]
  const threads = availableParallelism()
  const first = given === undefined ? undefined : (JSON.parse(given) as Written)
  if (name === 'first') {
    const { cost, made: written } = await timed(() => scene.write(A, { items, threads }))
    return { cost, written }
  }
  if (first === undefined) throw new Error('of which snapshot?')
  if (name === 'unchanged') {
    const { cost, made } = await timed(() => scene.write(B, { items, threads, previous: first }))
    if (made.copied.files > 0) throw new Error('not all of it was unchanged')
    return { cost }
  }
  if (name === 'verify') {
    const { to } = scene
    const { cost, made } = await timed(() => verifySnapshot({ ...first, to, threads }))
    if (!made.ok) throw new Error('not sound')
    return { cost }
  }
  // What the wrapper does beside its calls of restic.
  if (name === 'walk')
    return timed(() => countSources({ snapshot: scene.snapshot(first.id), bytes: 0 }, yielding()))
  if (name === 'restore') return timed(() => restore(scene, first))
  return wrap(scene, first)
}

/** As the runner does it: every byte is proven by its digest while it is laid out, and the whole is then compared with the manifest. */
async function restore(scene: ReturnType<typeof sceneIn>, first: Written): Promise<void> {
  await scene.restore(first, 'data')
  await must(['sync', '-f', scene.out])
  const compared = await scene.compare(first, join(scene.out, 'data'))
  if (!compared.equal) throw new Error(JSON.stringify(compared.differences.slice(0, 3)))
}

/** Of a repository that is there already, as it is from the second backup on. */
async function wrap(scene: ReturnType<typeof sceneIn>, first: Written): Promise<Acted> {
  const state = join(scene.base, 'state')
  const to = join(scene.base, 'repository')
  const service = 'mirai' as ServiceName
  const secrets = new Secrets(join(state, 'secrets'), KEY)
  await secrets.put(service, 'backup/far', Buffer.from('a password'))
  mkdirSync(to)
  const parts = { host: 'web1', process: run, place: { state }, secrets }
  const open = <T>(work: (access: Access) => Promise<T>) =>
    withAccess({ name: 'far', to, credential: 'far' }, { parts, service }, work)
  await open((access) => openRepository(access, true))
  const snapshot = scene.snapshot(first.id)
  return timed(() =>
    open((access) => writeToRepository(access, { snapshot, bytes: first.bytes }, yielding())),
  )
}

/** Three files, in a place of their own. */
async function warm(base: string): Promise<void> {
  const scene = sceneIn(join(base, 'warm'))
  for (const name of ['a', 'b', 'c']) writeFileSync(join(scene.source, name), name)
  await scene.verify(await scene.write(A))
  rmSync(scene.base, { recursive: true })
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly cost: Cost; readonly made: T }> {
  const [cpu, wall] = [cpuMs(), performance.now()]
  const made = await work()
  return { made, cost: { wall: performance.now() - wall, cpu: cpuMs() - cpu } }
}

/** Of this process, and of its children as far as they have ended. */
function cpuMs(): number {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  const fields = readFileSync('/proc/self/stat', 'latin1')
    .replace(/^.*\) /, '')
    .split(' ')
  // Fields 16 and 17 of proc(5), in hundredths of a second.
  return (userCPUTime + systemCPUTime) / 1000 + (Number(fields[13]) + Number(fields[14])) * 10
}

const [name, base = '', source = '', given] = process.argv.slice(2)
await warm(base)
const { cost, written } = await act(name as Act | 'walk', base, source, given)
process.stdout.write(JSON.stringify({ cost, written }))
