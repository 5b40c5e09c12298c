import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { Store } from '../src/store.ts'

interface Note {
  readonly id: string
  readonly text: string
}
const isNote = (value: unknown): value is Note =>
  typeof value === 'object' && value !== null && 'id' in value && 'text' in value

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirai-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('what was put is there for the next that opens the file', () => {
  const store = new Store(directory, 'notes.json', isNote)
  store.put({ id: 'a', text: '一' })
  store.put({ id: 'b', text: '二' })
  store.put({ id: 'a', text: '三' })
  assert.equal(store.remove('b'), true)
  assert.equal(store.remove('b'), false)
  assert.deepEqual(new Store(directory, 'notes.json', isNote).all(), [{ id: 'a', text: '三' }])
})

test('INVARIANT M1: the file is replaced and never written into, and no temporary stays', () => {
  const store = new Store(directory, 'notes.json', isNote)
  const before = statSync(store.path).ino
  const old = readFileSync(store.path)
  store.put({ id: 'a', text: 'x' })
  assert.notEqual(statSync(store.path).ino, before)
  assert.notDeepEqual(readFileSync(store.path), old)
  assert.deepEqual(readdirSync(directory), ['notes.json'])
})

for (const [what, text] of [
  ['cut off', '[ { "id": "a"'],
  ['no list', '{}'],
  ['a record of another kind', '[ { "name": 1 } ]'],
] as const)
  test(`a file that is ${what} is a fault, is not taken, and is well again when repaired`, () => {
    const store = new Store(directory, 'notes.json', isNote)
    store.put({ id: 'a', text: 'x' })
    const sound = readFileSync(store.path)
    writeFileSync(store.path, text)
    assert.notEqual(store.fault(), undefined)
    assert.throws(() => store.load())
    assert.equal(store.find('a')?.text, 'x')
    writeFileSync(store.path, sound)
    assert.equal(store.fault(), undefined)
  })

test('a file that has gone is a fault', () => {
  const store = new Store(directory, 'notes.json', isNote)
  rmSync(store.path)
  assert.match(store.fault() ?? '', /ENOENT/)
})
