// A limit is never allow, and takes back nothing that stood before it: guard §4.
import { expect, test } from 'vitest'
import { HOSTILE } from '../../bench/hostile.ts'
import { decide } from '../../src/guard/decide.ts'
import { COMPILED, CWD } from './world.ts'

const ask = (text: string) => decide({ kind: 'shell', text, cwd: CWD, actor: 'agent' }, COMPILED)
const many = (piece: (i: number) => string, count = 5_000) =>
  Array.from({ length: count }, (_, i) => piece(i)).join('')

test.each([
  ['commands', many(() => 'ls; ')],
  ['functions that nobody calls', many(() => 'f() { ls; }; ')],
  ['arms of a case', `case $x in ${many((i) => `${i}) ls;; `)} esac;`],
  ['variables', many((i) => `V${i}=1; `)],
  ['later names of a file', many((i) => `ln -s a b${i}; `, 200)],
])(
  'behind too many %s what a command does by its own words is judged, the rest asked about; what stands before them stays found',
  (_name, text) => {
    expect(ask(text)).toMatchObject({
      verdict: 'ask',
      reasons: expect.arrayContaining([expect.objectContaining({ kind: 'limit' })]),
    })
    expect(ask(`${text} rm -rf backend/data`).verdict).toBe('deny')
    expect(ask(`${text} rm -rf "$D"`).verdict).toBe('ask')
    expect(ask(`rm -rf backend/data; ${text}`).verdict).toBe('deny')
  },
)

test('a deletion in front of any text that is written to be slow is refused', () => {
  for (const [name, text] of HOSTILE) {
    const { verdict, reasons } = ask(`rm -rf backend/data\n${text}`.slice(0, 65_000))
    expect(`${name}: ${verdict} ${reasons[0]?.rule}`).toBe(`${name}: deny ${reasons[0]?.rule}`)
  }
}, 120_000)

test('what a text does in another directory, or by a name of its own, is refused by nobody for what stood in front', () => {
  const text = many(() => 'ls; ')
  for (const harmless of [
    '( cd /tmp/x; rm -rf ./* )',
    'cd /tmp/x && { rm -rf ./*; }',
    `cd /tmp/x && ${many(() => 'ls && ', 10)}rm -rf ./*`,
    'f() { rm -rf backend/data; }',
    'rm() { echo "$@"; }; rm -rf /',
  ])
    expect([harmless, ask(text + harmless).verdict]).toEqual([harmless, 'ask'])
  const links = many((i) => `ln -s a b${i}; `, 200)
  expect(ask(`${links}\ncd /tmp/build\nrm -rf ./*\ncd /srv/app\nls`).verdict).toBe('ask')
  expect(ask(`cd /tmp/build; rm -rf ./*; cd /srv/app; x=$(${text}); ls`).verdict).toBe('ask')
})
