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
define WIPE
@echo $(1)
rm -rf $(1)
endef
wipe:
\t$(call WIPE,$(DATA))
each:
\t$(foreach one,users orders,rm -f $(addsuffix .json,$(addprefix $(DATA)/,$(one)));)
late: WHERE = $(abspath $(DATA))
late: later
later:
\trm -rf $(WHERE)
export HELD = backend/data
held:
\trm -rf "$$HELD"
%-data:
\trm -rf $*/data
chosen:
\trm -rf $(if $(PROD),$(DATA),$(OUT))
fine:
\t$(call WIPE,$(OUT)) ; rm -f $(addprefix $(OUT)/,a b) $(notdir $(DATA)).tmp
include rules/more.mk
`
const MANY = Array.from({ length: 12 }, (_, i) => [
  `/srv/app/many/${i}.sh`,
  i === 11 ? 'rm -rf /srv/app/backend/data' : `bash many/${i + 1}.sh`,
])
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
  '/srv/app/rules/more.mk': 'more:\n\trm -rf $(DATA)\n',
  '/srv/app/one/Makefile': '.ONESHELL:\nall:\n\tcd ../backend\n\trm -rf data\n',
  '/srv/app/crlf/Makefile': 'all:\r\n\trm -rf ../backend/data\r\n',
  '/srv/app/python/Makefile': 'SHELL = python3\nall:\n\timport os; os.remove("../backend/data/users.json")\n',
  '/srv/app/both/GNUmakefile': 'all:\n\ttrue\n',
  '/srv/app/both/Makefile': 'all:\n\trm -rf ../backend/data\n',
  '/srv/app/steps': 'rm -rf backend/data\n',
  '/srv/app/push': 'git push --force origin topic\n',
  '/srv/app/notes.txt': 'rm -rf backend/data\n',
  '/srv/app/mend': "import os\nos.remove('backend/data/users.json')\n",
  '/srv/app/up.sh': '#!/bin/sh\ncd "$(dirname "$0")/tools/.." && rm -rf backend/data\n',
  '/srv/app/tools/up.sh':
    '#!/bin/sh\nROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)\nrm -rf "$ROOT/backend/data"\n',
  '/srv/app/tools/tidy.sh': '#!/bin/sh\ncd "$(dirname "$0")" && rm -rf out\n',
  '/srv/app/split': "#!/usr/bin/env -S A=1 python3 -u\nimport shutil\nshutil.rmtree('backend/data')\n",
  '/srv/app/module/__main__.py': "import shutil\nshutil.rmtree('backend/data')\n",
  '/srv/app/parts/one.py': "import shutil\nshutil.rmtree('backend/data')\n",
  '/srv/app/index.js': "require('fs').rmSync('backend/data', { recursive: true })\n",
  '/srv/app/server.js':
    "const { S3Client } = require('@aws-sdk/client-s3')\nreq.destroy()\nnew S3Client({}).destroy()\n",
  '/srv/app/part/package.json':
    '\uFEFF{ "scripts": { "all": "run-s tidy:*", "tidy:data": "rm -rf ../backend/data", "other": "concurrently \\"npm:tidy:data\\"", "prepare": "rm -rf ../backend/data", "build": "tsc" } }',
  '/srv/app/commented/deno.json':
    '{ // what it does\n "tasks": { "tidy": { "command": "rm -rf ../backend/data" }, "page": "rm -rf page", } }',
  '/srv/app/referred/composer.json':
    '{ "scripts": { "tidy": "@really", "really": "rm -rf ../backend/data", "post-install-cmd": "@tidy" } }',
  ...Object.fromEntries(MANY),
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
    // A makefile's own language.
    ['deny protect.data', 'make wipe'],
    ['deny protect.data', 'make each'],
    ['deny protect.data', 'make late'],
    ['deny protect.data', 'make held'],
    ['deny protect.data', 'make backend-data'],
    ['deny protect.data', 'make chosen'],
    ['deny protect.data', 'make more'],
    ['deny protect.data', 'OUT=backend/data make clean'],
    ['deny protect.data', 'MAKEFILES=rules/more.mk DATA=backend/data make more'],
    ['deny protect.data', 'make -f - < other.mk'],
    ['deny protect.data', 'make -C one'],
    ['deny protect.data', 'make -C crlf'],
    ['deny protect.data', 'cd python && make'],
    // Whatever a script is called, what starts it says how it is read.
    ['deny protect.data', 'bash steps'],
    ['deny protect.data', 'sh ./notes.txt'],
    ['deny protect.data', '. ./steps'],
    ['deny protect.data', './steps'],
    ['deny protect.data', 'cat steps | bash'],
    ['deny protect.data', 'bash < steps'],
    ['ask git.force-push', 'bash push'],
    ['deny protect.data', 'python3 mend'],
    ['deny protect.data', './split'],
    ['deny protect.data', 'cd /tmp && /srv/app/up.sh'],
    ['deny protect.data', 'cd /tmp && bash /srv/app/tools/up.sh'],
    ['deny protect.data', 'python3 -m parts.one'],
    ['deny protect.data', 'python3 -m module'],
    ['deny protect.data', 'python3 module'],
    ['deny protect.data', 'uv run tools/mend.py'],
    ['deny protect.data', 'node index'],
    ['deny protect.data', 'node .'],
    ['deny protect.data', 'bash many/5.sh'],
    // Scripts of a project by other ways.
    ['deny protect.data', 'npm run -s tidy'],
    ['deny protect.data', 'npm tst'],
    ['deny protect.data', 'node --run tidy'],
    ['deny protect.data', 'corepack yarn tidy'],
    ['deny protect.data', 'npx run-s tidy'],
    ['deny protect.data', 'concurrently "npm:tidy"'],
    ['deny protect.data', 'npm run all --prefix part'],
    ['deny protect.data', 'npm run tidy:data -w part'],
    ['deny protect.data', 'npm --prefix part run other'],
    ['deny protect.data', 'cd part && npm install'],
    ['deny protect.data', 'cd part && yarn'],
    ['deny protect.data', 'cd commented && deno task tidy'],
    ['deny protect.data', 'cd referred && composer tidy'],
    ['deny protect.data', 'cd referred && composer install'],
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
    'make fine',
    'make late WHERE=build',
    'make -C both',
    'cat steps notes.txt mend',
    'bash tools/tidy.sh',
    'node server.js',
    'cd part && npm run build',
    'cd part && npm install --ignore-scripts',
    'cd part && npm install left-pad',
    'cd commented && deno task page',
    'cd referred && composer install --no-scripts',
    'cd referred && composer show',
  ])('allow: %s', (text) => {
    expect(answer(text)).toBe('allow')
  })

  test('a target that was read is not judged by its name beside what it does', () => {
    const rules = (text: string) =>
      decideWith({ kind: 'shell', text, cwd: CWD, actor: 'agent' }, COMPILED, view).reasons.map(
        ({ rule }) => rule,
      )
    expect(rules('make drop')).toContain('protect.data')
    expect(rules('make drop')).not.toContain('script.destroy')
    expect(rules('make wipe-everything')).toEqual(['script.destroy'])
  })

  test('an answer that the text alone does not give names the files', () => {
    const readFor = (text: string) =>
      decideWith({ kind: 'shell', text, cwd: CWD, actor: 'agent' }, COMPILED, view).read
    expect(readFor('make reset')).toEqual(['/srv/app/Makefile'])
    expect(readFor('npm run mend')).toEqual(['/srv/app/package.json', '/srv/app/tools/mend.py'])
    expect(readFor('cat .env; npm run build')).toBeUndefined()
    expect(readFor('rm -rf backend/data')).toBeUndefined()
  })

  const CHAIN = Array.from({ length: 24 }, (_, i) => [
    `/srv/app/s${i}.sh`,
    `bash s${i + 1}.sh\n${Array.from({ length: 100 }, (_, k) => `rm -rf "$x/${i}-${k}"\n`).join('')}`,
  ])
  const HOSTILE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'blanks before a comment': { '/srv/app/Makefile': `a = b${' '.repeat(60_000)}c\nall: ; true\n` },
    'a variable that doubles': {
      '/srv/app/Makefile': `A0 = xxxxxxxx\n${Array.from({ length: 30 }, (_, i) => `A${i + 1} = $(A${i})$(A${i})\n`).join('')}all:\n${'\t$(A30)\n'.repeat(5_000)}`,
    },
    'a function that calls itself': {
      '/srv/app/Makefile': `f = $(call f,$(1)$(1),$(1)) $(call f,a)\nall:\n${'\t$(call f,a)\n'.repeat(2_000)}`,
    },
    'a makefile that takes itself in': {
      '/srv/app/Makefile': 'include Makefile\ninclude Makefile\nall: ; true\n',
    },
    'brackets in brackets': { '/srv/app/Makefile': `all:\n\t${'$('.repeat(30_000)}` },
    'many exported variables': {
      '/srv/app/Makefile': `${Array.from({ length: 2_000 }, (_, i) => `export V${i} = $(V${i + 1})\n`).join('')}all:\n${Array.from({ length: 900 }, (_, i) => `\techo ${i}\n`).join('')}`,
    },
    'scripts that start scripts': {
      ...Object.fromEntries(CHAIN),
      '/srv/app/Makefile': 'all:\n\tbash s8.sh & bash s16.sh & bash s0.sh\n',
    },
    'a script that starts itself': {
      '/srv/app/Makefile': 'all: ; bash s.sh\n',
      '/srv/app/s.sh': 'exec bash "$0" "$@"\n',
    },
  }
  test.each(Object.keys(HOSTILE))('%s takes no time', (name) => {
    const held = HOSTILE[name] ?? {}
    const from = process.cpuUsage()
    decideWith({ kind: 'shell', text: 'make', cwd: CWD, actor: 'agent' }, COMPILED, {
      script: (path) => held[path]?.slice(0, 65_536),
      link: () => undefined,
    })
    // Ten times what it takes: to run out of its bounds it takes seconds.
    expect(process.cpuUsage(from).user / 1_000).toBeLessThan(1_000)
  })

  test('a script that starts itself anew is read to its end, and once', () => {
    const held = 'test "$1" = on || exec sudo bash "$0" on\nrm -rf /srv/app/backend/data\n'
    const seen = decideWith({ kind: 'shell', text: 'bash again.sh', cwd: CWD, actor: 'agent' }, COMPILED, {
      script: (path) => (path === '/srv/app/again.sh' ? held : undefined),
      link: () => undefined,
    })
    expect(seen.verdict).toBe('deny')
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
