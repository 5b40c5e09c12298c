// S01 What holds for every text: an answer, the same answer again, and none that adding a line makes weaker. And what the guard says of paths
// is what bash does with them.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide, type Verdict } from '../../src/guard/decide.ts'
import { parse } from '../../src/guard/parse.ts'
import { type Answer, BUILTIN, compile } from '../../src/guard/policy.ts'
import { fileCommands } from './random/file-commands.ts'
import { hostileText, shellText } from './random/shell-texts.ts'
import { unpredicted } from './respelling/predicted.ts'
import { hasSandbox, runAll } from './respelling/sandbox.ts'
import { isCommand } from './respelling/texts.ts'
import { IS_WHOLE, seedOf } from './seed.ts'
import { readVectors } from './vectors.ts'
import { COMPILED, CWD } from './world.ts'

const MANY = IS_WHOLE ? 20_000 : 2_000
const TREES = IS_WHOLE ? 200 : 6
const RUNS = IS_WHOLE ? 3_000 : 160

const seed = seedOf('properties')
const ask = (text: string): Verdict => decide({ kind: 'shell', text, cwd: CWD }, COMPILED)
const RANK: Readonly<Record<Answer, number>> = { allow: 0, ask: 1, deny: 2 }

function hasAnswer(text: string): void {
  const first = ask(text)
  expect(RANK[first.verdict]).toBeDefined()
  expect(ask(text)).toEqual(first)
  for (const { span } of first.reasons) {
    expect(span === undefined || (span[0] >= 0 && span[0] <= span[1] && span[1] <= text.length)).toBe(true)
  }
}

/** Nothing of it is open: what is added begins a command of its own. */
const isComplete = (text: string) => parse(text).errors === 0 && !text.includes('<<') && !/\\\s*$/.test(text)

describe('every text has an answer', () => {
  test(`part of S01: ${MANY} texts like shell: always one, and the same again`, () => {
    fc.assert(fc.property(shellText, hasAnswer), { numRuns: MANY, seed })
  })

  test(`part of S01: ${MANY} hostile texts: always one, and the same again`, () => {
    fc.assert(fc.property(hostileText, hasAnswer), { numRuns: MANY, seed })
  })

  test.each([
    ['10,000 redirections', `ls ${'> /tmp/x '.repeat(7_000)}`],
    ['20,000 levels of brackets', `${'('.repeat(20_000)}rm -rf backend/data${')'.repeat(20_000)}`],
    ['20,000 levels of substitution', `${'$('.repeat(20_000)}ls${')'.repeat(20_000)}`],
    ['open quotes', `echo ${'"'.repeat(65_001)}`],
    ['a million of a range', 'rm -rf {1..1000000}{1..1000000}'],
    ['braces to the power of forty', `rm ${'{a,b}'.repeat(40)}`],
    ['stars', `rm ${'*/'.repeat(10_000)}`],
    ['stars that meet', `rm -rf ${'*a'.repeat(2_000)}`],
    ['here-documents', 'cat <<A <<B <<C <<D\n'.repeat(3_000)],
    ['64 kB of one word', `echo ${'a'.repeat(65_000)}`],
    ['more than 64 kB', `echo ${'a'.repeat(70_000)}`],
    ['a function that calls itself', 'f() { f; f; }; f'],
    ['a program of wildcards', `${'?*'.repeat(20_000)} x`],
    ['arrays of arrays', Array.from({ length: 2_000 }, () => 'a+=("${a[@]}" x)').join('; ')],
    ['eval of eval', `${'eval '.repeat(8_000)}ls`],
    [
      'variables of variables',
      Array.from({ length: 2_000 }, (_, i) => `v${i + 1}="$v${i}$v${i}"`).join('; '),
    ],
  ])('part of S01: hostile: %s', (_, text) => {
    hasAnswer(text)
  })
})

describe('adding a command', () => {
  const vectors = readVectors()
    .filter(isCommand)
    .map(({ command }) => command)
  const weaker = (text: string, more: string) =>
    RANK[ask(`${text}\n${more}`).verdict] < RANK[ask(text).verdict]

  test('part of S01: behind a complete line never makes the answer weaker', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...vectors),
        fc.oneof({ weight: 3, arbitrary: shellText }, hostileText),
        (text, more) => {
          fc.pre(isComplete(text))
          expect(weaker(text, more)).toBe(false)
        },
      ),
      { numRuns: MANY, seed },
    )
  })

  test.each([
    ['64 kB of comment', `# ${'x'.repeat(70_000)}`],
    ['too many brackets', '('.repeat(500)],
    ['too many commands', 'ls\n'.repeat(6_000)],
    ['an exit', 'exit 0'],
    ['a syntax error', 'if then fi )'],
    ['the same as data', "echo 'rm -rf backend/data'"],
    ['a function of the same name', 'rm() { :; }'],
  ])('part of S01: %s does not take back what was refused', (_, more) => {
    expect(ask(`rm -rf backend/data\n${more}`).verdict).toBe('deny')
  })
})

const name = fc.stringMatching(/^[.]?[abc]{1,2}(?:[.][abc])?$/)
const glob = fc
  .array(fc.oneof(name, fc.constantFrom('*', '?', '[ab]', '[!a]', '[a-c]', '.', 'a', 'b', 'c', '.*', '??')), {
    minLength: 1,
    maxLength: 3,
  })
  .map((all) => all.join(''))
/** Without a dot for a directory: `a/.` is never the file a. */
const pattern = fc
  .array(glob, { minLength: 1, maxLength: 3 })
  .map((all) => all.join('/'))
  .filter((one) => !one.split('/').includes('.'))
const tree = fc.uniqueArray(
  fc.array(name, { minLength: 1, maxLength: 3 }).map((all) => all.join('/')),
  { minLength: 1, maxLength: 12 },
)

/** The files of the list that can stand beside each other: a name is a file or a directory. */
const files = (all: readonly string[]) =>
  all.filter((one) => !all.some((other) => other.startsWith(`${one}/`)))

describe('paths', () => {
  test(`part of S01: a pattern reaches the files that bash finds for it: ${TREES} trees`, {
    timeout: 600_000,
  }, () => {
    const scratch = mkdtempSync(join(tmpdir(), 'sekisho-reach-'))
    let compared = 0
    try {
      for (const [i, all] of fc.sample(tree, { numRuns: TREES, seed }).entries()) {
        const root = join(scratch, String(i))
        for (const file of files(all)) {
          mkdirSync(join(root, file, '..'), { recursive: true })
          writeFileSync(join(root, file), '')
        }
        for (const one of fc.sample(pattern, { numRuns: 30, seed: seed + i })) {
          const found = spawnSync('bash', ['--norc', '-c', 'compgen -G "$1"', '_', one], {
            cwd: root,
            encoding: 'utf8',
          })
          const matches = new Set(found.stdout.split('\n').map((line) => join(root, line)))
          for (const file of files(all)) {
            const row = {
              name: 'one',
              kind: 'data',
              paths: [join(root, file)],
              read: 'allow',
              write: 'deny',
              delete: 'deny',
            } as const
            const { reasons } = decide(
              { kind: 'shell', text: `rm ${one}`, cwd: root },
              compile({ ...BUILTIN, protect: [row] }),
            )
            const reached = reasons.some(({ params }) => params['name'] === 'one')
            expect({ pattern: one, file, reached }).toEqual({
              pattern: one,
              file,
              // `a/../b` is nothing where a is none, and the guard does not ask the disk: there it may reach further, never less far.
              reached: matches.has(join(root, file)) || (reached && one.split('/').includes('..')),
            })
            compared++
          }
        }
      }
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
    console.log(`${compared} pairs of a pattern and a file`)
  })

  test(`part of S01: what bash changes was predicted: ${RUNS} texts run`, { timeout: 900_000 }, async () => {
    if (!hasSandbox()) {
      console.log('no bubblewrap here: nothing was run')
      return
    }
    const texts = fc.sample(fileCommands, { numRuns: RUNS, seed })
    const missed: unknown[] = []
    let changed = 0
    for (let i = 0; i < texts.length; i += 500) {
      const some = texts.slice(i, i + 500)
      const ran = await runAll(some, new Set())
      for (const [j, text] of some.entries()) {
        const one = ran[j]
        if (one === undefined || one.tree.length > 0) changed++
        const paths = one === undefined ? ['not run'] : unpredicted(one.tree, ask(text).effects)
        if (paths.length > 0) missed.push({ text, paths })
      }
    }
    console.log(`${changed} of ${texts.length} texts changed something`)
    expect(missed.slice(0, 10)).toEqual([])
    expect(changed).toBeGreaterThan(texts.length / 3)
  })
})
