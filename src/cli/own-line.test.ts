import { expect, test } from 'vitest'
import { ownLine } from './own-line.ts'

test('before an installation a line for root starts the program of the checkout', () => {
  const line = (root: string, here: string) => ownLine('sekisho install host', root, here)
  expect(line('/home/a/sekisho', '/home/a/sekisho')).toBe('bin/sekisho install host')
  expect(line('/home/a/sekisho', '/tmp')).toBe('/home/a/sekisho/bin/sekisho install host')
  expect(line('/opt/sekisho', '/tmp')).toBe('sekisho install host')
})
