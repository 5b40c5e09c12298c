// A declared command runs from the sealed copy, whatever is exchanged in the work tree between the reading and the start.
import { beforeAll, expect, test } from 'vitest'
import { IS_WHOLE } from '../crash/share.ts'
import { describeWith } from '../host/describe.ts'
import { CHECKOUT_IN_HOST, type Host, NODE_IN_HOST, oneHost } from '../host/host.ts'

const SWAPS = IS_WHOLE ? 10_000 : 1_000
const TREE = '/srv/swapped'
const COPY = '/var/lib/swapped-copy'

interface Seen {
  readonly runs: number
  readonly swaps: number
  readonly approved: number
  readonly others: readonly string[]
}

describeWith('host', 'a declared command', () => {
  let host: Host
  beforeAll(async () => {
    host = await oneHost()
    await host.ok([
      'bash',
      '-ec',
      `install -d -o mirai -g mirai ${TREE} && install -d ${COPY}
cd ${TREE} && printf '#!/bin/sh\\necho approved\\n' > good.sh && printf '#!/bin/sh\\necho EVIL\\n' > evil.sh && chmod 755 *.sh && ln good.sh smoke.sh
cp good.sh ${COPY}/smoke.sh && chown mirai:mirai *.sh`,
    ])
  })
  const drive = async (mode: 'sealed' | 'bare', swaps: number): Promise<Seen> => {
    await host.ok(['rm', '-f', `${TREE}/done`, `${TREE}/swaps`])
    const said = await host.ok(
      [NODE_IN_HOST, `${CHECKOUT_IN_HOST}/tests/accept/sealed-exec.ts`, mode, TREE, COPY, String(swaps)],
      { timeoutMs: 600_000 },
    )
    return JSON.parse(said.slice(said.indexOf('{'))) as Seen
  }

  test('part of N38: control: without the sealed copy what was exchanged is executed', async () => {
    const { runs, others } = await drive('bare', 1_000)
    expect(runs).toBeGreaterThan(0)
    expect(others.some((one) => one.includes('EVIL'))).toBe(true)
  })

  test(`N38: ${SWAPS} exchanges of a script between its digest and its start: 0 unapproved bytes are executed`, async () => {
    const { runs, swaps, approved, others } = await drive('sealed', SWAPS)
    expect(others).toEqual([])
    expect(approved).toBe(runs)
    expect(runs).toBeGreaterThan(1)
    expect(swaps).toBe(SWAPS)
  })
})
