import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffText } from './diff.ts'

const bytes = (text: string) => Buffer.from(text)
const directory = mkdtempSync(join(tmpdir(), 'sekisho-diff-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))

test('one line of a file', () => {
  const before = bytes('server {\n  client_max_body_size 10m;\n}\n')
  const after = bytes('server {\n  client_max_body_size 20m;\n}\n')
  expect(diffText([{ kind: 'write', path: '/etc/x', before, after }])).toBe(
    '--- /etc/x\n+++ /etc/x\n@@ -1,3 +1,3 @@\n server {\n-  client_max_body_size 10m;\n+  client_max_body_size 20m;\n }\n',
  )
})

test('of a secret file only names appear', () => {
  const text = diffText([
    { kind: 'env', path: '/srv/.env', added: ['NEW'], changed: ['LIMIT'], removed: ['OLD'] },
  ])
  expect(text).toBe('--- /srv/.env\n+++ /srv/.env\n-OLD\n~LIMIT\n+NEW\n')
})

test('bytes that are no text are told by digest', () => {
  const text = diffText([{ kind: 'write', path: '/x', before: Buffer.from([0, 255]), after: bytes('a\n') }])
  expect(text).toContain('-2 bytes, sha256 ')
})

// patch(1) is the oracle: whatever we print turns the old bytes into the new ones.
test('patch applies every difference', () => {
  const line = fc.constantFrom('a', 'b', 'c', 'd', '', '  e')
  const file = fc.tuple(fc.array(line, { maxLength: 14 }), fc.boolean()).map(([list, closed]) => {
    const text = list.join('\n')
    return closed && text !== '' ? `${text}\n` : text
  })
  fc.assert(
    fc.property(file, file, (before, after) => {
      fc.pre(before !== '' && after !== '')
      writeFileSync(join(directory, 'old'), before)
      writeFileSync(
        join(directory, 'p'),
        diffText([{ kind: 'write', path: 'f', before: bytes(before), after: bytes(after) }]),
      )
      if (before === after) return
      const out = execFileSync('patch', ['-s', '-o', '-', 'old', 'p'], { cwd: directory, encoding: 'utf8' })
      expect(out).toBe(after)
    }),
    { numRuns: 60 },
  )
})
