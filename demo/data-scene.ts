// Data is destroyed, the newest backup already holds the damage, and the last good copy comes back: one line, one approval.
import { atLeast } from '../src/backup/level.ts'
import type { BackupsView } from '../src/contract/backup.ts'
import type { ChangeView } from '../src/contract/change.ts'
import { DATA } from '../tests/host/faults.ts'
import { CA_PATH, NODE_IN_HOST } from '../tests/host/host.ts'
import { until } from '../tests/until.ts'
import type { Stage } from './scenes.ts'
import { type } from './typed.ts'

const SERVICE = 'mirai-knowledge-system'
const UNIT = `${SERVICE}.service`
const ARTICLES = `${DATA}/articles.json`

async function health(stage: Stage): Promise<string> {
  const { stdout } = await stage.world.host.exec([
    'sh',
    '-c',
    `curl -s -m 5 -o /dev/null -w '%{http_code}' --cacert ${CA_PATH} https://localhost/health`,
  ])
  return stdout.trim()
}

/** Twenty seconds. */
const LOOKS = 40

/** What a team has written in the course of time. */
async function write({ world: { host }, words }: Stage): Promise<void> {
  const all = words.articles.map((title, i) => ({
    id: `a${i + 1}`,
    title,
    body: title,
    tags: ['demo'],
    author: 'u1',
    changedAt: '2026-11-01T00:00:00.000Z',
  }))
  await host.put(ARTICLES, JSON.stringify(all, undefined, 2))
  await host.ok(['systemctl', 'reload', UNIT])
}

/** One record more, one that reads otherwise, and then the file ends in the middle: owner and mode stay. */
async function destroy({ world: { host }, words }: Stage): Promise<void> {
  const code = `
    const { readFileSync, writeFileSync } = require('node:fs')
    const all = JSON.parse(readFileSync('${ARTICLES}', 'utf8'))
    all[0].title += ' (2)'
    const text = JSON.stringify([{ ...all[0], id: 'today', title: ${JSON.stringify(words.newTitle)} }, ...all], undefined, 2)
    writeFileSync('${ARTICLES}', text.slice(0, Math.floor(text.length * 0.7)))`
  await host.ok([NODE_IN_HOST, '-e', code])
  await host.ok(['systemctl', 'reload', UNIT])
}

export const dataDestroyed = async (stage: Stage): Promise<void> => {
  const { host } = stage.world
  const { words } = stage
  await write(stage)
  const good = (await host.read(ARTICLES)).toString()
  stage.say(words.backupSigned)
  stage.figures.prompts++
  const signed = await type(stage, 'ops1', ['standing', 'sign', SERVICE, 'backup', '--yes'], 0)
  const first = await type(stage, 'ops1', ['backup', 'run', '--service', SERVICE], 'title')
  stage.check(
    'a backup is signed for and made',
    signed.code === 0 && first.code === 0,
    signed.stdout + first.stdout + first.stderr,
  )

  await destroy(stage)
  stage.say(`\n${words.destroyed}`)
  // A reload returns before the service has read its data again.
  let sick = await health(stage)
  for (let looks = 0; sick !== '500' && looks < LOOKS; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    sick = await health(stage)
  }
  stage.say(words.health(sick))
  stage.say(words.copiedDamage)
  const second = await type(stage, 'ops1', ['backup', 'run', '--service', SERVICE])
  stage.say(words.oneDisk)
  const { copies } = await stage.world.json<BackupsView>('ops1', ['backup', 'list', '--service', SERVICE])
  const [damaged, before] = copies
  // The gate's clock orders the first drill within half a minute of the first copy, which then has a higher level.
  const isBeforeGood = before !== undefined && atLeast(before.level, 'content')
  stage.check(
    'health is red, and a backup of the damage is not called good',
    sick === '500' && second.code === 0 && damaged?.level === 'digest' && isBeforeGood,
    `${sick} ${copies.map(({ state, level }) => `${state} ${level}`).join(', ')}\n${second.stdout}${second.stderr}`,
  )

  stage.say(`\n${words.oneLine}`)
  const began = performance.now()
  const asked = await type(
    stage,
    'ops1',
    ['restore', 'full', '--last-known-good', '--service', SERVICE],
    'out',
  )
  const { changes } = await stage.world.json<{ changes: ChangeView[] }>('ops1', ['change', 'list', '--all'])
  const { id = '', diff = '' } = changes[0] ?? {}
  stage.check(
    'the card shows what is gone, changed and back',
    asked.code === 3 && /^- today$/m.test(diff) && /^~ /m.test(diff) && /^\+ /m.test(diff),
    diff + asked.stderr,
  )
  const refused = await stage.world.sekisho('ops1', ['change', 'approve', id, '--yes'])
  stage.check('without the name nothing is approved', refused.code !== 0, refused.stdout)
  stage.say(words.typesName)
  stage.figures.prompts++
  const approved = await type(stage, 'ops1', ['change', 'approve', id, '--typed', SERVICE, '--yes'], -9)
  stage.figures.machineMs['restore'] = Math.round(performance.now() - began)
  const view = await stage.world.json<ChangeView>('ops1', ['change', 'show', id])
  const same = (await host.read(ARTICLES)).toString() === good
  stage.check(
    'the data is as it was in the good copy, byte for byte',
    approved.code === 0 && view.execution?.outcome === 'kept' && same,
    approved.stdout + approved.stderr,
  )
  const well = await until('the service to be well', 10_000, async () =>
    (await health(stage)) === '200' ? '200' : undefined,
  ).catch(() => '')
  stage.say(words.health(well))
  stage.check('health is green again', well === '200')
  const record = await type(stage, 'ops1', ['record', 'show', id], 7)
  stage.check('the restore has its record', (record.stdout.match(/^## /gm) ?? []).length === 8, record.stdout)
}
