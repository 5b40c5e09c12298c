// Faults that are planted in a deployment or its way back: each is found before anybody is asked, and named. Each has a sound twin that is green.
import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { decode } from '../base/decode.ts'
import { receipt } from '../plans/receipt.ts'
import { type TestService, testService, USER } from './fixtures/service.ts'
import { rehearse } from './rehearse.ts'
import type { RehearsalSpec } from './spec.ts'

const isRoot = process.getuid?.() === 0
const open: TestService[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.remove()
})

function service(changes: Parameters<typeof testService>[0] = {}): TestService {
  const one = testService(changes)
  open.push(one)
  return one
}

async function played(one: TestService, more: Partial<RehearsalSpec> = {}) {
  const answer = await rehearse(one.ports, { ...one.spec, ...more })
  expect(decode(receipt, JSON.parse(JSON.stringify(answer.receipt)))).toMatchObject({ ok: true })
  expect(readdirSync(one.ports.scratch).filter((name) => name.startsWith('room-'))).toEqual([])
  return answer
}

describe.runIf(isRoot)('a planted fault', () => {
  test('a candidate that needs a variable which is not set is red at its health', async () => {
    const one = service({
      new: "if (!process.env.NEW_KEY) { console.error('NEW_KEY is not set'); process.exit(3) }",
    })
    const { receipt: found, output } = await played(one)
    expect(found).toMatchObject({
      verdict: 'red',
      fault: { step: 'deploy-health', code: 'ended', exit: 3 },
    })
    expect(output).toContain('NEW_KEY is not set')
    one.write('shared/.env', `PORT=8080\nNEW_KEY=1\n`)
    expect((await played(one)).receipt.verdict).toBe('green')
  })

  const step = (argv: string, undo: string) =>
    ({ kind: 'exec', argv: ['sh', '-c', argv], undo: ['sh', '-c', undo] }) as const
  const CACHE = '/srv/shop/shared/cache'
  test.each([
    {
      name: 'a way back that leaves a file',
      wrong: step(`echo 1 >${CACHE}`, 'true'),
      sound: step(`echo 1 >${CACHE}`, `rm ${CACHE}`),
      fault: { step: 'compare', code: 'different', what: CACHE },
      difference: { path: CACHE, field: 'added', after: 'back' },
    },
    {
      name: 'a way back that leaves another mode',
      wrong: step('chmod 644 /srv/shop/shared/.env', 'true'),
      sound: step('chmod 644 /srv/shop/shared/.env', 'chmod 600 /srv/shop/shared/.env'),
      fault: { step: 'compare', code: 'different', what: '/srv/shop/shared/.env' },
      difference: { path: '/srv/shop/shared/.env', field: 'mode', after: 'back' },
    },
    {
      name: 'a way back that fails',
      wrong: step('true', 'exit 7'),
      sound: step('true', 'true'),
      fault: { step: 'back', code: 'failed', what: 'sh', exit: 7 },
      difference: undefined,
    },
  ])(
    'part of N01: $name is red and names it; its sound twin is green',
    async ({ wrong, sound, fault, difference }) => {
      const one = service()
      const mayChange = [...one.spec.mayChange, '/srv/shop/shared']
      const red = await played(one, { steps: [...one.spec.steps, wrong], mayChange })
      expect(red.receipt).toMatchObject({ verdict: 'red', fault })
      expect(red.receipt.differences).toEqual(difference === undefined ? [] : [difference])
      const green = await played(one, { steps: [...one.spec.steps, sound], mayChange })
      expect(green.receipt).toMatchObject({ verdict: 'green', differences: [] })
    },
  )

  // As the guide writes it: the tree of the bad commit is committed again.
  const GUIDE = 'git reset -q --soft HEAD~1 && git add . && git commit -qm rollback'
  test.each([
    {
      name: 'E1 N01 the rollback that the guide writes',
      undo: GUIDE,
      sound: 'git reset -q --hard HEAD~1',
      what: 'app.js',
    },
    {
      name: 'N01 a way back that leaves one byte more',
      undo: 'git reset -q --hard HEAD~1 && printf x >> other.js',
      sound: 'git reset -q --hard HEAD~1 && printf x >> other.js && truncate -s -1 other.js',
      what: 'other.js',
    },
  ])(
    '$name is red at the comparison and names the file; the sound one is green',
    async ({ undo, sound, what }) => {
      const one = service()
      for (const name of ['app.js', 'other.js']) {
        one.write(`tree/${name}`, 'good\n')
        chownSync(join(one.root, 'shop/tree', name), USER.uid, USER.gid)
      }
      chownSync(join(one.root, 'shop/tree'), USER.uid, USER.gid)
      const git =
        'cd /srv/shop/tree && export GIT_DIR=/var/lib/shop/git GIT_WORK_TREE=. GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b'
      const bad = `${git} && git init -q && git add . && git commit -qm good && echo bad > app.js && git commit -qam bad`
      const mayChange = [...one.spec.mayChange, '/srv/shop/tree/app.js']
      const red = await played(one, { steps: [...one.spec.steps, step(bad, `${git} && ${undo}`)], mayChange })
      const path = `/srv/shop/tree/${what}`
      expect(red.receipt, red.output).toMatchObject({
        verdict: 'red',
        fault: { step: 'compare', code: 'different', what: path },
        differences: [{ path, after: 'back' }],
      })
      const green = await played(one, {
        steps: [...one.spec.steps, step(bad, `${git} && ${sound}`)],
        mayChange,
      })
      expect(green.receipt, green.output).toMatchObject({ verdict: 'green', differences: [] })
    },
  )

  test('part of N01: a file put back with another owner is red by owner', async () => {
    const one = service()
    one.write('given/app.conf', 'new')
    one.write('app.conf', 'old')
    const place = (owner: { uid: number; gid: number }) =>
      ({
        steps: [
          { kind: 'place', files: [{ path: '/srv/shop/app.conf', from: '/rehearsal/given/new/app.conf' }] },
          { kind: 'restart' },
          {
            kind: 'place',
            files: [{ path: '/srv/shop/app.conf', from: '/rehearsal/given/old/app.conf', owner }],
          },
        ],
        given: { new: join(one.root, 'shop/given'), old: join(one.root, 'old') },
        mayChange: ['/srv/shop/app.conf'],
        // The way back is played as a step of its own: an undo that was written by hand.
        back: [1],
      }) as const satisfies Partial<RehearsalSpec>
    mkdirSync(join(one.root, 'old'))
    writeFileSync(join(one.root, 'old/app.conf'), 'old')
    expect((await played(one, place(USER))).receipt).toMatchObject({
      verdict: 'red',
      fault: { step: 'compare', code: 'different', what: '/srv/shop/app.conf' },
      differences: [{ path: '/srv/shop/app.conf', field: 'owner', after: 'back' }],
    })
    expect((await played(one, place({ uid: 0, gid: 0 }))).receipt.verdict).toBe('green')
  })

  test('a deployment that changes a path outside of its target is red before anything is taken back', async () => {
    const one = service({ new: "require('fs').appendFileSync('/srv/shop/shared/.env', 'A=1\\n')" })
    expect((await played(one)).receipt).toMatchObject({
      verdict: 'red',
      fault: { step: 'deploy', code: 'outside', what: '/srv/shop/shared/.env' },
    })
    const sound = service({ new: "require('fs').appendFileSync('/var/lib/shop/own', 'A=1\\n')" })
    expect((await played(sound)).receipt.verdict).toBe('green')
  })
})
