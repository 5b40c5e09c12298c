// S01 Two other readers of the same texts: bash itself says what is shell at all, and mvdan-sh which commands are in it.
import { spawn } from 'node:child_process'
import fc from 'fast-check'
import sh from 'mvdan-sh'
import { describe, expect, test } from 'vitest'
import { parse } from '../../src/guard/parse.ts'
import { shellText, wordSalad } from './random/shell-texts.ts'
import { IS_WHOLE, randomOf, seedOf } from './seed.ts'
import { readVectors } from './vectors.ts'

const SHARE = IS_WHOLE ? Number.POSITIVE_INFINITY : 250
const GENERATED = IS_WHOLE ? 4_000 : 250
/** mvdan-sh is fast enough for all vectors each time. */
const LISTED = IS_WHOLE ? 20_000 : 1_500
const AT_ONCE = 3

const seed = seedOf('differential')
const COMMANDS = readVectors().map(({ command }) => command)

/** `bash -n` reads and runs nothing. */
function bashTakes(text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['--norc', '-O', 'extglob', '-n', '-c', '--', text], { stdio: 'ignore' })
    child.on('error', reject)
    child.on('close', (code) => {
      resolve(code === 0)
    })
  })
}

interface Difference {
  readonly bash: boolean
  readonly text: string
}

async function differences(texts: readonly string[]): Promise<readonly Difference[]> {
  const all: Difference[] = []
  const rest = texts.filter((text) => !text.includes('\0')).values()
  const worker = async () => {
    for (const text of rest) {
      const bash = await bashTakes(text)
      if (bash !== (parse(text).errors === 0)) all.push({ bash, text })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return all
}

/** In mvdan-sh these are clauses of their own and no commands. */
const CLAUSES = new Set('export declare local readonly typeset nameref let'.split(' '))
const PLAIN = /^[\w./:-]+$/

/** The names of all commands that stand plainly in the tree, however deep. */
function namesIn(node: unknown, into: string[]): readonly string[] {
  if (Array.isArray(node)) for (const one of node) namesIn(one, into)
  if (typeof node !== 'object' || node === null) return into
  const { words } = node as {
    words?: readonly { parts: readonly { part: string; text?: string; quoted?: boolean }[] }[]
  }
  const [first, ...others] = 'node' in node && node.node === 'simple' ? (words?.[0]?.parts ?? []) : []
  if (
    first?.part === 'text' &&
    others.length === 0 &&
    first.quoted === false &&
    PLAIN.test(first.text ?? '')
  ) {
    if (!CLAUSES.has(first.text ?? '')) into.push(first.text ?? '')
  }
  if (!Array.isArray(node))
    for (const [key, one] of Object.entries(node)) if (key !== 'span') namesIn(one, into)
  return into
}

const { syntax } = sh
const parser = syntax.NewParser()

/** Undefined where mvdan-sh does not take the text. */
function namesByMvdan(text: string): readonly string[] | undefined {
  const names: string[] = []
  try {
    syntax.Walk(parser.Parse(text, ''), (node) => {
      if (node !== null && syntax.NodeType(node) === 'CallExpr') {
        const name = node.Args?.[0]?.Lit() ?? ''
        if (PLAIN.test(name)) names.push(name)
      }
      return true
    })
  } catch {
    return undefined
  }
  return names
}

const sorted = (names: readonly string[]) => [...names].sort().join(' ')

/** `a | time b` is a program called time for bash, and a word of the grammar for mvdan-sh. */
const isComparable = (text: string) =>
  parse(text).errors === 0 && !/\|&?\s*(?:#.*\n)?\s*time\b|time\s+time\b/.test(text)

/** The whole campaign takes minutes where others use the machine too. */
const PATIENT = { timeout: 600_000 }

describe('what is shell', PATIENT, () => {
  test('the parser takes what bash takes of the vectors, and nothing else', async () => {
    expect(await differences(randomOf(seed).shuffled(COMMANDS).slice(0, SHARE))).toEqual([])
  })

  test('it takes every text of the grammar that bash takes', async () => {
    const all = await differences(fc.sample(shellText, { numRuns: GENERATED, seed }))
    expect(all.filter(({ bash }) => bash)).toEqual([])
  })

  test.each(['echo "$(a | time case x in a) b;; esac)"', 'cat << @(a|b); ls\nx\n@(a|b)\n'])(
    'it takes %j as bash does',
    async (text) => {
      expect(await differences([text])).toEqual([])
    },
  )

  test('of words in any order it may take a few that bash does not, and never the other way round', async () => {
    const all = await differences(fc.sample(wordSalad, { numRuns: GENERATED, seed }))
    console.log(
      `${all.length} of ${GENERATED} are taken by one alone`,
      all.slice(0, 5).map(({ text }) => text),
    )
    // Inside of backquotes bash looks only when it runs them, and `${ ` begins a command from 5.3 on.
    expect(all.filter(({ bash, text }) => bash && !/`|\$\{ /.test(text))).toEqual([])
    expect(all.length).toBeLessThanOrEqual(GENERATED / 20)
  })
})

describe('which commands are in it', PATIENT, () => {
  for (const [name, texts] of [
    ['vectors', COMMANDS],
    ['texts of the grammar', fc.sample(shellText, { numRuns: LISTED, seed })],
  ] as const)
    test(`${name}: the same commands as mvdan-sh finds`, () => {
      const wrong: string[] = []
      let compared = 0
      for (const text of texts.filter(isComparable)) {
        const theirs = namesByMvdan(text)
        if (theirs === undefined) continue
        compared++
        const ours = sorted(namesIn(parse(text).node, []))
        if (ours !== sorted(theirs)) wrong.push(`${text}\n   ours: ${ours}\n   theirs: ${sorted(theirs)}`)
      }
      console.log(`${compared} of ${texts.length} ${name} compared with mvdan-sh`)
      expect(wrong.slice(0, 5)).toEqual([])
      expect(compared).toBeGreaterThan(texts.length * 0.8)
    })
})
