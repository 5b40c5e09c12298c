// The test files in which a title names one of some rows: `script/test S46` runs these files whole, for a test may need what those before it made.
// `node tests/files-of-rows.ts ID…` prints them, one a line.
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

/** `sources`: the text of each file by its path. A title that stands in a file beside the tests counts for each test file that imports it. */
export function filesOf(ids: readonly string[], sources: ReadonlyMap<string, string>): readonly string[] {
  const title = new RegExp(`['"\`](?:[^'"\`\\n]*\\s)?(?:${ids.join('|')})\\b`)
  const named = [...sources].flatMap(([path, text]) => (title.test(text) ? [path] : []))
  const isTest = (path: string) => path.endsWith('.test.ts')
  const found = new Set(named.filter(isTest))
  for (const helper of named.filter((path) => !isTest(path))) {
    const imported = `/${basename(helper)}'`
    for (const [path, text] of sources) if (isTest(path) && text.includes(imported)) found.add(path)
  }
  return [...found].toSorted()
}

function sourcesHere(): ReadonlyMap<string, string> {
  const paths = globSync(['tests/*/**/*.ts', 'src/**/*.test.ts'], { cwd: ROOT })
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]))
}

if (import.meta.main) {
  const ids = process.argv.slice(2).filter((id) => /^[A-Za-z0-9]+$/.test(id))
  if (ids.length > 0) console.log(filesOf(ids, sourcesHere()).join('\n'))
}
