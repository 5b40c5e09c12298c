// The play: real commands of real people and an agent, in a throw-away host. `--once` runs through and ends with a JSON
// line; `--chapter N` plays one scene, with what it needs before it out of sight.
import { createInterface } from 'node:readline/promises'
import { languageOf } from '../src/cli/terminal.ts'
import { environment } from '../src/sys/config.ts'
import { wrap } from '../src/words/layout.ts'
import type { Language } from '../src/words/words.ts'
import { ENV_FILE } from '../tests/host/faults.ts'
import type { Host } from '../tests/host/host.ts'
import { limitTree } from '../tests/host/limit-tree.ts'
import { DATA_DISKS, settleDisks } from '../tests/host/mirai.ts'
import { missing } from '../tests/host/platform.ts'
import { down } from '../tests/host/set.ts'
import { world } from '../tests/world/world.ts'
import { demoPolicy, notesBeside } from './code-scene.ts'
import { SCENES, type Seen, type Stage } from './scenes.ts'
import { DEMO_WORDS } from './words.ts'

const SET = `demo-${process.pid}`
const argv = process.argv.slice(2)
const once = argv.includes('--once')
const chapterAt = argv.indexOf('--chapter')
const chapter = chapterAt === -1 ? undefined : Number(argv[chapterAt + 1])
const langAt = argv.indexOf('--lang')
const given = langAt === -1 ? undefined : argv[langAt + 1]
const language: Language =
  given === 'ja' || given === 'en'
    ? given
    : languageOf(environment['SEKISHO_LANG'] ?? environment['LC_ALL'] ?? environment['LANG'])
const words = DEMO_WORDS[language]
const colour = process.stdout.isTTY === true && environment['NO_COLOR'] === undefined
const strong = (text: string) => (colour ? `\u001b[1m${text}\u001b[0m` : text)
const dim = (text: string) => (colour ? `\u001b[2m${text}\u001b[0m` : text)
const width = Math.min(process.stdout.columns ?? 80, 100)
const say = (text = '') => process.stdout.write(`${text}\n`)

async function pause(): Promise<void> {
  if (once || process.stdin.isTTY !== true) return
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  await lines.question(dim(words.enter))
  lines.close()
}

/** The service itself takes large uploads: what stands in the way is the setting that the play changes. */
async function roomy(host: Host): Promise<void> {
  await host.ok(['sed', '-i', 's/^UPLOAD_LIMIT_MB=.*/UPLOAD_LIMIT_MB=64/', ENV_FILE])
  await settleDisks(host)
  await notesBeside(host)
}

/** Every word is one of ours, or the value of the one before it. */
const isUsage =
  argv.every(
    (word, at) =>
      ['--once', '--chapter', '--lang'].includes(word) ||
      ['--chapter', '--lang'].includes(argv[at - 1] ?? ''),
  ) &&
  (langAt === -1 || given === language)

async function play(): Promise<number> {
  if (!isUsage) {
    say('script/demo [--once] [--chapter N] [--lang ja|en]')
    return 64
  }
  if (chapter !== undefined && SCENES[chapter - 1] === undefined) {
    say(words.noChapter(SCENES.length))
    return 64
  }
  const lacking = missing('host')
  if (lacking.length > 0) {
    say(
      language === 'ja'
        ? `このデモには Linux の root と、systemd、nginx、bubblewrap が要ります。足りないもの: ${lacking.join('、')}`
        : `The play needs root on Linux with systemd, nginx and bubblewrap. Missing: ${lacking.join(', ')}`,
    )
    return 1
  }
  for (const line of wrap(words.form, width)) say(dim(line))
  say()
  for (const paragraph of words.opening) for (const line of wrap(paragraph, width)) say(line)
  say()
  const began = performance.now()
  process.stderr.write(colour ? dim(`${words.setting} …`) : '')
  const place = await world({
    set: SET,
    owner: process.pid,
    demo: true,
    binds: limitTree(),
    disks: DATA_DISKS,
    policy: demoPolicy,
    prepare: roomy,
  })
  if (colour) process.stderr.write('\r\u001b[K')
  say(dim(words.ready(((performance.now() - began) / 1000).toFixed(1))))

  const seen: Seen[] = []
  const figures = { commands: 0, prompts: 0, machineMs: {} as Record<string, number> }
  const stage: Stage = {
    world: place,
    language,
    words,
    figures,
    say: (text) => {
      for (const line of text.split('\n')) say(`  ${line}`)
    },
    typed: (who, line, sign = '$') => say(`  ${dim(`${who}${sign}`)} ${strong(line)}`),
    check: (what, ok, detail) => {
      seen.push({ what, ok })
      if (!ok) say(`  ✗ ${words.failed(what)}${detail === undefined ? '' : `\n${detail}`}`)
    },
  }
  const off: Stage = { ...stage, say: () => undefined, typed: () => undefined }
  for (const [i, scene] of SCENES.entries()) {
    if (chapter === undefined && scene.apart === true) continue
    if (chapter !== undefined && chapter !== i + 1) {
      if (isBefore(i + 1)) await scene.play(off)
      continue
    }
    say()
    say(strong(`── ${i + 1} ${words.titles[i]}`))
    say()
    await scene.play(stage)
    say()
    for (const line of wrap(words.why[i] as string, width - 4)) say(dim(`  │ ${line}`))
    await pause()
  }
  say()
  const good = seen.filter(({ ok }) => ok).length
  say(words.seen(good, seen.length))
  const all = good === seen.length
  if (!once && process.stdin.isTTY === true) await stayOpen()
  const summary = {
    ok: all,
    ...(chapter === undefined ? {} : { chapter }),
    seen: Object.fromEntries(seen.map(({ what, ok }) => [what, ok])),
    ...figures,
    seconds: Math.round((performance.now() - began) / 1000),
  }
  if (once) say(JSON.stringify(summary))
  return all ? 0 : 1
}

const isBefore = (number: number): boolean =>
  chapter !== undefined && SCENES[chapter - 1]?.after.includes(number) === true

/** Three commands to try, on the open stage. */
async function stayOpen(): Promise<void> {
  const exec = `node tests/host/main.ts exec h1 --set ${SET} --user ops1 -- /opt/sekisho-checkout/bin/sekisho`
  for (const line of words.open) say(line)
  for (const command of ['status', 'record show CHG-2026-0001', 'help']) say(`  ${exec} ${command}`)
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  await lines.question(
    dim(language === 'ja' ? '\n  [Enter で片づける] ' : '\n  [Enter to strike the stage] '),
  )
  lines.close()
}

let ending: Promise<void> | undefined
const strike = () => (ending ??= down(SET))
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    void strike().then(() => process.exit(130))
  })
try {
  process.exitCode = await play()
} finally {
  await strike()
}
