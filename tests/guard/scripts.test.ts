// Scripts of the machine: what a line starts is read where somebody may look, and what may not happen at all is refused there too.
import { describe, expect, test } from 'vitest'
import { decide } from '../../src/guard/decide.ts'
import { decideWith } from '../../src/guard/decide-with.ts'
import { readVectors } from './vectors.ts'
import { COMPILED, CWD } from './world.ts'

const MAKEFILE = `DATA := backend/data
OUT ?= build
OBJECTS = $(patsubst %.c,$(OUT)/%.o,$(wildcard src/*.c))
.PHONY: all clean reset drop

all: $(OBJECTS) # the first is the one that is meant
\t$(Q)$(CC) -o app $^

clean:
\t@rm -rf $(OUT) $(OBJECTS) \\
\t  $(CACHE)/x

reset: drop ; echo done
drop:
\trm -rf $(DATA)
stop-all: ; systemctl stop backend
publish: $(OUT)/page.tar
\tscp $< web.example:
build/%.tar:
\trm -f \${DATA}/$*
forget:
\tpsql shop -c 'DROP TABLE users'
tell:
\techo rm -rf $(DATA) "$$HOME"
VERSION = $(shell git describe)
`
const FILES: Readonly<Record<string, string>> = {
  '/srv/app/Makefile': MAKEFILE,
  '/srv/app/other.mk': 'all:\n\trm -rf $(shell pwd)/backend/data\n',
  '/srv/app/reading.mk': 'X := $(shell rm -rf backend/data)\nall:\n\ttrue\n',
  '/srv/app/package.json': JSON.stringify({
    scripts: {
      build: 'rm -rf dist && tsc',
      'build:all': 'npm run build && npm run page',
      page: 'rm -rf out/page',
      tidy: 'rm -rf ./backend/data',
      pretest: 'npm run tidy',
      test: 'vitest run',
      mend: 'python3 tools/mend.py',
      show: 'cat .env',
      remove: 'rimraf',
    },
  }),
  '/srv/app/tools/mend.py': "import os\nfor name in ['a']:\n    os.remove('/srv/app/backend/data/' + name)\n",
  '/srv/app/tools/read.py': "import json\nprint(len(json.load(open('/srv/app/backend/data/users.json'))))\n",
  '/srv/app/tools/tidy.js': "require('fs').rmSync('backend/data', { recursive: true })\n",
  '/srv/app/tools/make-page.js': "require('fs').rmSync('page', { recursive: true })\n",
  '/srv/app/tools/stop.rb': "#!/usr/bin/env ruby\nsystem('systemctl stop backend')\n",
  '/srv/app/tools/fill.py': "import sqlite3\nsqlite3.connect('x.db').execute('DROP TABLE IF EXISTS users')\n",
  '/srv/app/tools/run.sh': '#!/bin/sh\nnode tools/tidy.js\n',
  '/srv/app/web/package.json': '{ "scripts": { "tidy": "rm -rf ../backend/data" } }',
  '/srv/app/composer.json':
    '{ "scripts": { "tidy": ["echo a", "rm -rf backend/data"], "build": "php build.php" } }',
  '/srv/app/deno.json': '{ "tasks": { "tidy": "rm -rf backend/data", "page": "rm -rf page" } }',
  '/srv/app/broken/package.json': '{ "scripts": ',
}
const view = { script: (path: string) => FILES[path], link: () => undefined }
const answer = (text: string) => {
  const { verdict, reasons } = decideWith({ kind: 'shell', text, cwd: CWD, actor: 'agent' }, COMPILED, view)
  return verdict === 'allow' ? verdict : `${verdict} ${reasons.find((one) => one.verdict === verdict)?.rule}`
}

describe('scripts of the machine', () => {
  test.each([
    ['deny protect.data', 'make reset'],
    ['deny protect.data', 'make drop'],
    ['deny protect.data', 'make -C /srv/app tell drop'],
    ['deny protect.data', 'make clean OUT=backend/data'],
    ['deny protect.data', 'make publish'],
    ['deny protect.data', 'make -f other.mk'],
    ['deny protect.data', 'make -f reading.mk nothing'],
    ['deny service.stop', 'make stop-all'],
    ['deny db.destroy', 'make forget'],
    ['deny protect.data', 'npm run tidy'],
    ['deny protect.data', 'npm test'],
    ['deny protect.data', 'pnpm tidy'],
    ['deny protect.data', 'cd web && yarn tidy'],
    ['deny protect.data', 'npm --prefix web run tidy'],
    ['deny protect.data', 'npm run remove -- backend/data'],
    ['deny protect.data', 'yarn remove backend/data && yarn run remove backend/data'],
    ['deny protect.data', 'composer tidy'],
    ['deny protect.data', 'composer run-script tidy'],
    ['deny protect.data', 'deno task tidy'],
    ['deny protect.data', 'npm run mend'],
    ['deny protect.data', 'python3 tools/mend.py'],
    ['deny protect.data', 'node tools/tidy.js'],
    ['deny protect.data', 'bash tools/run.sh'],
    ['deny service.stop', 'tools/stop.rb'],
  ])('%s: %s', (wanted, text) => {
    expect(answer(text)).toBe(wanted)
  })

  test.each([
    'make',
    'make all',
    'make clean',
    'make tell',
    'make -n reset',
    'make nothing',
    'npm run build',
    'npm run build:all',
    'npm run remove -- dist',
    'composer build',
    'composer install',
    'deno task page',
    'npm run nothing',
    // What is read for itself is not shown to whoever starts it.
    'npm run show',
    'python3 tools/read.py',
    // Typed as a line it is asked about.
    'node tools/make-page.js',
    // What a program says to a database is its own.
    'python3 tools/fill.py',
    'cd broken && npm run tidy',
    'cat Makefile package.json tools/mend.py',
  ])('allow: %s', (text) => {
    expect(answer(text)).toBe('allow')
  })

  test('an answer that the text alone does not give names the files', () => {
    const readFor = (text: string) =>
      decideWith({ kind: 'shell', text, cwd: CWD, actor: 'agent' }, COMPILED, view).read
    expect(readFor('make reset')).toEqual(['/srv/app/Makefile'])
    expect(readFor('npm run mend')).toEqual(['/srv/app/package.json', '/srv/app/tools/mend.py'])
    expect(readFor('cat .env; npm run build')).toBeUndefined()
    expect(readFor('rm -rf backend/data')).toBeUndefined()
  })

  const STRENGTH = { allow: 0, ask: 1, deny: 2 } as const
  const TEXTS = [
    '',
    '#!/bin/sh\nrm -rf /srv/app/backend/data\n',
    '#!/usr/bin/env python3\nprint(1)\n',
    '{ "scripts": { "test": "true" } }',
  ]
  test.each(TEXTS)('whatever the files hold (%j), no answer of a vector is weaker for it', (held) => {
    const weaker = readVectors().filter(({ command }) => {
      const request = { kind: 'shell', text: command, cwd: CWD, actor: 'agent' } as const
      const seen = decideWith(request, COMPILED, { script: () => held, link: () => undefined })
      return STRENGTH[seen.verdict] < STRENGTH[decide(request, COMPILED).verdict]
    })
    expect(weaker).toEqual([])
  })

  test('what is asked about as a line is not asked about in a program that is there', () => {
    expect(answer("node -e \"require('fs').rmSync('page', { recursive: true })\"")).toBe('ask fs.delete')
  })
})
