// Phrases that readers did not understand, and that must not come back in what the product prints or documents.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

const UNCLEAR: readonly RegExp[] = [
  /That is not how it is used/,
  /The author said/,
  /same lineage/,
  /[Ff]aults? of ours/,
  /見届け/,
  /失う幅/,
  /一字ずつ/,
  /演劇/,
  /いま行う番/,
  /同じ系統/,
  /時計が飛/,
  /住所/,
]

function texts(directory: string, ends: RegExp): readonly string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => ends.test(name) && !name.endsWith('.test.ts'))
    .map((name) => join(directory, name))
}

const FILES = [
  ...[
    'src/words',
    'src/cli',
    'src/change',
    'src/app',
    'src/agents',
    'src/install',
    'src/http',
    'demo',
  ].flatMap((one) => texts(one, /\.ts$/)),
  ...texts('docs/guide', /\.md$/),
  'docs/design.ja.md',
  'docs/design.md',
  'README.md',
  'README.ja.md',
]

test('no message and no page uses a phrase that readers did not understand', () => {
  expect(FILES.length).toBeGreaterThan(150)
  const found = FILES.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    return UNCLEAR.flatMap((phrase) => {
      const match = phrase.exec(text)
      return match === null ? [] : [`${file}: ${match[0]}`]
    })
  })
  expect(found).toEqual([])
})
