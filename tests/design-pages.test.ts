// Comments cite pages of docs by name and section, as in "backup.md §8.5". Each such reference leads to a page and a heading.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const PLACES = ['docs/design', 'docs/spec', 'docs', 'docs/guide']
/** `spine §4.6`, `backup.md §0, §8`, `docs/spec/ledger-v1.md §6`: a page, then its sections. */
const CITED =
  /(?:docs\/(?:\w+\/)?)?\b([A-Za-z][\w-]*|RFC \d+)(?:\.md)?,? §(\d+(?:\.\d+)*)((?:(?:,| and|, and) §\d+(?:\.\d+)*)*)/g
/** `terminal.md`, `decision 0046`: a page without a section. */
const NAMED = /(?<![\w/`'-])([a-z][a-z-]+)\.md\b(?! §)|\bdecision (\d{4})\b/g

interface Source {
  readonly file: string
  readonly text: string
}

/** What a reference lacks, as `file:line: reference: what`. */
function unresolved({ file, text }: Source, headings: (page: string) => readonly string[] | undefined) {
  return text.split('\n').flatMap((line, i) => {
    const missing: string[] = []
    const found = [...line.matchAll(CITED)]
    for (const [reference, page = '', first = '', more = ''] of found) {
      if (page.startsWith('RFC ')) continue
      const name = page.toLowerCase()
      const known = headings(name)
      if (known === undefined) missing.push(`${reference}: no page ${name}.md`)
      for (const section of [first, ...(more.match(/\d+(?:\.\d+)*/g) ?? [])])
        if (known !== undefined && !known.includes(section))
          missing.push(`${name} §${section}: no such heading in ${name}.md`)
    }
    const cited = found.reduce((sum, [reference]) => sum + (reference.match(/§/g) ?? []).length, 0)
    if ((line.match(/§/g) ?? []).length > cited) missing.push('§ without the name of a page before it')
    return missing.map((what) => `${file}:${i + 1}: ${what}`)
  })
}

/** Pages that a comment names without a section; of code, only lines that are comments are read. */
function unnamed({ file, text }: Source): readonly string[] {
  return text.split('\n').flatMap((line, i) => {
    const comment = /^\s*(?:\/\/|\/\*\*|\*|#)(.*)$/.exec(line)?.[1] ?? ''
    return [...comment.matchAll(NAMED)].flatMap(([reference, page, decision]) => {
      const isThere =
        decision === undefined
          ? PLACES.some((place) => existsSync(join(ROOT, place, `${page}.md`)))
          : DECISIONS.has(decision)
      return isThere ? [] : [`${file}:${i + 1}: ${reference}: no such page`]
    })
  })
}

const tracked = (...patterns: readonly string[]) =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => file !== '' && existsSync(join(ROOT, file)))

const SOURCES: readonly Source[] = tracked('*.ts', '*.sh', 'tests/policy/may.txt', 'docs/decisions/*.md')
  .filter((file) => file !== 'tests/design-pages.test.ts')
  .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }))
const DECISIONS = new Set(tracked('docs/decisions/*.md').map((file) => file.split('/')[2]?.slice(0, 4)))

const read = new Map<string, readonly string[] | undefined>()
function headingsOf(page: string): readonly string[] | undefined {
  if (!read.has(page)) {
    const at = PLACES.map((place) => join(ROOT, place, `${page}.md`)).find((path) => existsSync(path))
    const text = at === undefined ? undefined : readFileSync(at, 'utf8')
    read.set(
      page,
      text === undefined
        ? undefined
        : [...text.matchAll(/^#+ (\d+(?:\.\d+)*)\.? /gm)].map(([, section]) => `${section}`),
    )
  }
  return read.get(page)
}

test('each page and section that a comment cites is in docs', () => {
  expect(SOURCES.flatMap((source) => unresolved(source, headingsOf))).toEqual([])
  expect(SOURCES.flatMap(unnamed)).toEqual([])
  const cited = SOURCES.flatMap(({ text }) => [...text.matchAll(CITED)])
  expect(cited.length).toBeGreaterThan(150)
})

test('each file of src that tests, scripts and pages name by its path exists', () => {
  const named = tracked(
    'tests/*.ts',
    'tests/**/*.ts',
    'bench',
    'demo',
    'docs',
    'script',
    '.ci',
    '*.ts',
    '*.json',
  )
    .filter((file) => !file.startsWith('tests/guard/') && !file.startsWith('src/'))
    .flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\bsrc\/[\w-]+\/[\w./-]+\.ts\b/g)].map(
        ([path]) => ({ file, path }),
      ),
    )
  expect(named.filter(({ path }) => !existsSync(join(ROOT, path)))).toEqual([])
  expect(named.length).toBeGreaterThan(300)
})

test('a reference that leads nowhere is named with its file and line', () => {
  const headings = (page: string) => (page === 'spine' ? ['4', '4.6'] : undefined)
  const text = ['ok (spine §4, §4.6)', 'Spine §9', 'RFC 9162 §2.1', 'nowhere.md §1', '(§3)'].join('\n')
  expect(unresolved({ file: 'a.ts', text }, headings)).toEqual([
    'a.ts:2: spine §9: no such heading in spine.md',
    'a.ts:4: nowhere.md §1: no page nowhere.md',
    'a.ts:5: § without the name of a page before it',
  ])
  expect(unnamed({ file: 'b.ts', text: '// see nothing-like-it.md and decision 9999' })).toEqual([
    'b.ts:1: nothing-like-it.md: no such page',
    'b.ts:1: decision 9999: no such page',
  ])
})
