// Inside a test host: the act `exec` again and again, on a work tree whose script its own account exchanges meanwhile. sealed-exec.ts sealed|bare TREE COPY SWAPS. Prints how
// often it ran, and what each run said.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { Plan } from '../../src/plans/plan.ts'
import { applyExec } from '../../src/runner/act/exec.ts'
import type { CodeRecord } from '../../src/runner/code/record.ts'
import { sealedFor, sealTree } from '../../src/runner/code/sealed-tree.ts'
import { MIRAI_UNIT } from '../host/host.ts'
import { makeContext } from './acts-world.ts'

const [, , mode = '', tree = '', copy = '', swaps = '1000'] = process.argv
const sealed = await sealTree(copy, tree, { data: [], files: [] })
const plan = { actions: [{ action: { kind: 'placeTree', path: tree, stage: 's' } }] } as unknown as Plan
const record = async () => ({ sealed }) as unknown as CodeRecord
const context = makeContext('/var/lib/sealed-exec', [], [], {
  systemctl: true,
  ...(mode === 'sealed'
    ? { code: { sealed: (directory: string) => sealedFor(directory, plan, record) } as never }
    : {}),
})

// By the account of the service, which owns the work tree: the script leads by turns to what was approved and to something else.
const swapper = spawn('runuser', [
  '-u',
  'mirai',
  '--',
  'bash',
  '-c',
  `cd ${tree} && for i in $(seq $(( ${swaps} / 2 ))); do ln -f evil.sh .next && mv .next smoke.sh; ln -f good.sh .next && mv .next smoke.sh; echo $((2*i)) > swaps; done; touch done`,
])
const said: string[] = []
while (!existsSync(`${tree}/done`)) {
  const { result, detail } = await applyExec(
    { kind: 'exec', name: 'smoke', argv: ['./smoke.sh'], directory: tree, unit: MIRAI_UNIT },
    context,
    60_000,
  )
  said.push(`${result} ${String(detail['output'])}${result === 'applied' ? '' : JSON.stringify(detail)}`)
}
swapper.kill()
process.stdout.write(
  JSON.stringify({
    runs: said.length,
    swaps: Number(readFileSync(`${tree}/swaps`, 'utf8')),
    approved: said.filter((one) => one === 'applied approved').length,
    others: said.filter((one) => one !== 'applied approved'),
  }),
)
process.exit(0)
