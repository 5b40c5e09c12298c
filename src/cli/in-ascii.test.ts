import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderCard } from '../change/card.ts'
import { changeView } from '../contract/change.ts'
import { sealWords } from '../seal/envelope.ts'
import { inAscii } from './in-ascii.ts'
import { Terminal } from './terminal.ts'
import { written } from './test-streams.ts'

const FIXTURE = join(import.meta.dirname, '../../tests/fixtures/card/view.json')
const VIEW = changeView.parse(JSON.parse(readFileSync(FIXTURE, 'utf8')))

test('the card in ASCII has no other character but what people wrote, also where Japanese is asked for', () => {
  const seen = written()
  const terminal = new Terminal({ language: 'ja', json: false, ascii: true, streams: seen.streams })
  const plain = { ...VIEW, instruction: { ...VIEW.instruction, text: 'raise the limit', byName: 'Hanako' } }
  const { language, ascii } = terminal
  terminal.say(renderCard(plain, { language, ascii, width: 80, zone: 'Asia/Tokyo' }))
  const people = /[「"“].*?[」"”]/gs
  expect(seen.out().replace(people, '')).not.toMatch(/[^\n\u0020-\u007e]/)
  expect(seen.out()).toContain('asked * - impact *')
})

test('each sign of a seal has a name of its own, so that seals stay different', () => {
  const names = new Set<string>()
  for (let i = 0; i < 64; i++) {
    const digest = `${i.toString(16).padStart(2, '0').repeat(4)}${'0'.repeat(56)}`
    const { words, hex } = sealWords(digest as never)
    const said = inAscii(`seal ${words} ${hex}`)
    expect(said).toMatch(/^seal ([a-z]+)-\1-\1-\1 0{8}$/)
    names.add(said)
  }
  expect(names.size).toBe(64)
})

test('words of people keep their characters', () => {
  expect(inAscii('上限を20MBに ✓')).toBe('上限を20MBに ok')
})
