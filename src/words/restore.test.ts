import { expect, test } from 'vitest'
import { RESTORE_WORDS } from './restore.ts'

test.each(['good', 'rubbish', 'question', 'unreadable', 'absent'])(
  'a backup that was passed over as %s is said in words, with its items',
  (verdict) => {
    for (const language of ['ja', 'en'] as const) {
      const said = RESTORE_WORDS[language].passedOver('20261125_210128Z', `${verdict} data, users`)
      expect(said).toContain('data, users')
      expect(said).toContain('20261125_210128Z')
      if (verdict !== 'good') expect(said).not.toContain(verdict)
    }
  },
)
test('what was found first in it is said too, in words', () => {
  const { ja, en } = RESTORE_WORDS
  expect(en.passedOver('x', 'unreadable data: notes.txt: digest')).toContain(
    'data cannot be read (notes.txt: its bytes are not what was sealed)',
  )
  expect(ja.passedOver('x', 'unreadable data: notes.txt: digest')).toContain('notes.txt: バイトが封じたもの')
  expect(en.passedOver('x', 'rubbish data: articles.json: not_json byte 9')).toContain(
    'it is not JSON: byte 9',
  )
  expect(en.passedOver('x', 'absent data: users.json: secret')).toBe(
    'x is passed over (users.json: the bytes of the secret are not in it)',
  )
  expect(en.passedOver('x', 'unreadable data: backup.repository_failed')).toContain(
    '(backup.repository_failed)',
  )
})
test('any other reason stays as it is', () => {
  expect(RESTORE_WORDS.ja.passedOver('x', 'unreadable')).toContain('unreadable')
  expect(RESTORE_WORDS.en.passedOver('x', 'toString y')).toContain('toString y')
})
