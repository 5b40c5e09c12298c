// One act on a real cluster in a process of its own, so that it can be killed: `load JSON`, `swap JSON`, `look JSON` (a swap that looks for ever) or
// `scratch JSON`.
import type { DatabaseFacts } from '../../src/backup/manifest.ts'
import { type Reading, readDump } from '../../src/postgres/read-dump.ts'
import { type Scratch, withScratchCluster } from '../../src/postgres/scratch.ts'
import { loadStage } from '../../src/postgres/stage-load.ts'
import { swapDatabases } from '../../src/postgres/swap.ts'
import type { Cluster, SwapPair } from '../../src/postgres/types.ts'

interface Input {
  readonly cluster: Cluster
  readonly pair: SwapPair
  readonly path: string
  readonly reading: Reading
  readonly id: string
  readonly facts: DatabaseFacts
  readonly scratch: Scratch
}

const LIMITS = { timeoutMs: 60_000 }
const [act, text = '{}'] = process.argv.slice(2)
const input = JSON.parse(text) as Input
if (act !== 'scratch') process.stdout.write('begins\n')
if (act === 'swap') await swapDatabases(input.cluster, input.pair, LIMITS)
else if (act === 'look')
  await swapDatabases(
    input.cluster,
    input.pair,
    LIMITS,
    () => new Promise((resolve) => setTimeout(resolve, LIMITS.timeoutMs)),
  )
else if (act === 'scratch')
  await withScratchCluster(input.scratch, LIMITS, async () => {
    process.stdout.write('is up\n')
    await new Promise((resolve) => setTimeout(resolve, LIMITS.timeoutMs))
  })
else {
  const dump = await readDump(input.path, input.reading, LIMITS)
  const { cluster, path, id, facts, reading } = input
  await loadStage(cluster, path, { database: 'mirai', id, dump, facts, loader: reading.as }, LIMITS)
}
