// What a change of code touches, over small services in the usual frameworks.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lookAtAdded } from './added-lines.ts'
import { dependencyChanges } from './dependencies.ts'
import { type Impact, type ImpactInput, impactOf } from './impact.ts'
import { factsOf } from './source-facts.ts'
import { sourceText } from './source-text.ts'

const FLASK = `import os
from flask import Flask
from app.models import db, User
app = Flask(__name__)
# @app.route('/commented')
@app.route('/users')
def users():
    """@app.route('/in a text')"""
    return [u.name for u in User.query.all()]

@app.route('/users/<int:id>', methods=['GET', "DELETE"])
@login_required
def user(id):
    return str(id)

PORT = os.environ.get('PORT', '80')
`
const MODELS = `from sqlalchemy import Column, Integer
class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mail: Mapped[str] = mapped_column(
        String(100), nullable=False)  # unique=True
    def full(self):
        return self.id

class Helper:
    x = Column(1)
`
const EXPRESS = `import express from 'express'
import { list } from './users.js'
const app = express() // app.get('/commented', x)
app.get('/users', list)
app.post("/users", async (req, res) => {
  const text = \`app.get('/in a text', \${req.body.name})\`
  res.json({ text, secret: process.env.SESSION_KEY })
})
cache.get('/no route', 1)
const pattern = /app.get('/`

const impact = (
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  more: Partial<ImpactInput> = {},
): Impact => {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const changed = paths.filter((path) => before[path] !== after[path])
  return impactOf({
    changed: changed.map((path) => ({
      path,
      ...(before[path] === undefined ? {} : { before: before[path] }),
      ...(after[path] === undefined ? {} : { after: after[path] }),
    })),
    others: paths
      .filter((path) => before[path] === after[path])
      .map((path) => ({ path, text: after[path] as string })),
    notText: [],
    ...more,
  })
}
const names = (touched: Impact['routes']) => touched.map(({ sign, name }) => `${sign} ${name}`)

describe('part of S20: routes and columns', () => {
  test('of a Flask service: a route is added and a column renamed, and nothing else', () => {
    const before = { 'app/main.py': FLASK, 'app/models.py': MODELS }
    const after = {
      'app/main.py': FLASK.replace('\nPORT', "\n@app.post('/teams')\ndef teams():\n    return ''\n\nPORT"),
      'app/models.py': MODELS.replace('mail:', 'email:'),
    }
    const found = impact(before, after)
    expect(names(found.routes)).toEqual(['+ POST /teams'])
    expect(names(found.models)).toEqual(['- User.mail', '+ User.email'])
    expect(found.findings).toEqual([])
    expect(found.notRead).toEqual([])
  })
  test('a handler and a column that change are named, and only they', () => {
    const before = { 'app/main.py': FLASK, 'app/models.py': MODELS }
    const after = {
      'app/main.py': FLASK.replace('return str(id)', 'return str(id + 1)'),
      'app/models.py': MODELS.replace('nullable=False', 'nullable=True'),
    }
    const found = impact(before, after)
    expect(names(found.routes)).toEqual(['~ GET /users/<int:id>', '~ DELETE /users/<int:id>'])
    expect(names(found.models)).toEqual(['~ User.mail'])
    // Comments and blanks are no change.
    const same = impact(before, { ...before, 'app/main.py': FLASK.replace('# @app', '#  another @app') })
    expect([same.routes, same.models]).toEqual([[], []])
  })
  test('of an Express service, of one without a framework, of Django, and of typed tables', () => {
    const routes = (path: string, text: string) => names(impact({}, { [path]: text }).routes)
    expect(routes('src/app.js', EXPRESS)).toEqual(['+ GET /users', '+ POST /users'])
    expect(
      routes(
        'src/door.ts',
        "if (method === 'GET' && path === '/health') return 1\nif (url.pathname === '/api/x') go()\nconst t = \"path === '/text'\"\n",
      ),
    ).toEqual(['+ GET /health', '+ /api/x'])
    expect(routes('a/urls.py', "urlpatterns = [\n  path('users/', views.users),\n]\n")).toEqual(['+ /users/'])
    const table =
      "export const users = pgTable('users', {\n  id: serial('id'),\n  name: text('name', { length: 3 }),\n})\n"
    expect(names(impact({}, { 'src/schema.ts': table }).models)).toEqual(['+ users.id', '+ users.name'])
    const entity =
      "@Entity('t')\nexport class User {\n  @PrimaryColumn() id!: number\n  @Column({ nullable: true })\n  name?: string\n}\n"
    expect(names(impact({}, { 'src/user.ts': entity }).models)).toEqual(['+ User.id', '+ User.name'])
  })
})

describe('the environment', () => {
  test('a variable that the service does not have is a finding where nothing stands in for it', () => {
    const before = { 'a.js': 'const p = process.env.PORT\n', 'b.js': 'process.env.OLD\n' }
    const after = {
      ...before,
      'a.js':
        "const { KEY, LEVEL = 'x' } = process.env\nprocess.env.PORT; process.env['OLD']; process.env.MODE ?? 'a'\nimport.meta.env.URL\n// process.env.NO\n",
    }
    const found = impact(before, after, { environment: ['PORT', 'URL'] })
    expect(found.environment).toEqual(['KEY', 'LEVEL', 'MODE', 'URL'])
    expect(found.findings).toMatchObject([
      { code: 'impact.environment_unset', text: 'KEY', path: 'a.js', line: 1 },
    ])
    expect(impact(before, after).notRead).toEqual(['environment'])
  })
  test('of Python', () => {
    const text =
      "import os\na = os.environ['A']\nb = os.getenv('B', 1)\nc = environ.get(\"C\")\nd = 'os.environ[\"D\"]'\n"
    expect(factsOf('python', text).environment).toEqual([
      { name: 'A', line: 2, hasDefault: false },
      { name: 'B', line: 3, hasDefault: true },
      { name: 'C', line: 4, hasDefault: false },
    ])
  })
})

describe('part of S54: what hangs together', () => {
  const tree = {
    'src/main.ts': "import { users } from './users/list.ts'\nimport { mail } from './mail/send.js'\n",
    'src/users/list.ts': "import { row } from './row.ts'\nexport const users = row\n",
    'src/users/row.ts': 'export const row = 1\n',
    'src/mail/send.ts': 'export const mail = 1\n',
    'src/users/list.test.ts': "import { users } from './list.ts'\n",
  }
  test('who imports what changed, through others too', () => {
    const after = { ...tree, 'src/users/row.ts': 'export const row = 2\n' }
    expect(impact(tree, after).importers).toEqual([
      'src/main.ts',
      'src/users/list.test.ts',
      'src/users/list.ts',
    ])
    const python = {
      'app/__init__.py': '',
      'app/a.py': 'from . import b\n',
      'app/b.py': 'x = 1\n',
      'run.py': 'import app.a\nfrom app.b import x\n',
    }
    expect(impact(python, { ...python, 'app/b.py': 'x = 2\n' }).importers).toEqual(['app/a.py', 'run.py'])
  })
  test('who names a table of the migrations, by SQL or as a model', () => {
    const users = {
      'a.py': 'q = \'select x from only "Shop"."visitors" v\'\n',
      'b.ts': "export const v = pgTable('visitors', {})\n",
      'c.py': "__tablename__ = 'visitors'\n",
      'd.js': "q = `UPDATE visitors SET x = 1`\nimport './e.js'\n",
      'e.js': "// visitors come from there\nconst visitors = 'from visitors_old'\n",
    }
    const found = impact(
      users,
      { ...users, 'e.js': 'x\n', 'm.js': 'y\n' },
      { tables: ['visitors', 'shop.a'] },
    )
    // The last one imports what changed, and is named as that.
    expect([found.tableUsers, found.importers]).toEqual([['a.py', 'b.ts', 'c.py'], ['d.js']])
    expect(impact(users, { ...users, 'm.js': 'y\n' }).tableUsers).toEqual([])
  })
  test('two unrelated parts are a finding, two related ones are none', () => {
    const concerns = (after: object) =>
      impact(tree, { ...tree, ...after }).findings.map(({ code, text }) => `${code} ${text}`)
    expect(concerns({ 'src/users/row.ts': 'x\n', 'src/mail/send.ts': 'y\n' })).toEqual([
      'impact.concerns src/users/row.ts, src/mail/send.ts',
    ])
    expect(concerns({ 'src/users/row.ts': 'x\n', 'src/users/list.ts': "import './row.ts'\n" })).toEqual([])
    expect(concerns({ 'src/users/row.ts': 'x\n', 'src/users/list.test.ts': 'y\n' })).toEqual([])
  })
  test('files of a migration tool belong to the code that they come with, and are named as migrations', () => {
    const after = { ...tree, 'src/users/row.ts': 'x\n', 'db/versions/b2.py': 'y = 1\n' }
    const codes = (of: Impact) => of.findings.map(({ code }) => code)
    expect(codes(impact(tree, after))).toContain('impact.concerns')
    const found = impact(tree, after, { ofTool: ['db/versions/b2.py'] })
    expect([codes(found), found.migrations]).toEqual([[], ['db/versions/b2.py']])
  })
  test('a large change is said to be one', () => {
    const found = impact({}, { 'src/a.ts': 'x\n'.repeat(500) })
    expect(found.lines).toEqual({ added: 500, removed: 0 })
    expect(found.findings).toMatchObject([{ code: 'impact.large', text: '+500 -0, 1' }])
  })
})

describe('part of S56 and S57: what was left in', () => {
  const look = (path: string, after: string) =>
    lookAtAdded([{ path, after, lines: after.split('\n').map((_, i) => i + 1) }]).map(
      ({ code, line, text }) => `${code} ${line} ${text}`,
    )
  test('prints and debugging in code, and not in texts, comments or tests', () => {
    expect(look('src/a.js', "log.info('console.log(')\nconsole.log(1)\ndebugger\n// debugger\n")).toEqual([
      'impact.print 2 console.log',
      'impact.debugging 3 debugger',
    ])
    expect(
      look(
        'a.py',
        'logger.info("print(")\nprint(x)\nimport pdb; pdb.set_trace()\napp.run(debug=True)\nblueprint(1)\n',
      ),
    ).toEqual(['impact.print 2 print', 'impact.debugging 3 breakpoint', 'impact.debugging 4 debug=True'])
    expect(look('tests/a.test.js', "console.log(1)\ntest.only('x', f)\n")).toEqual([
      'impact.debugging 2 .only',
    ])
  })
  test('more than a person reads are counted', () => {
    const found = look('src/a.js', 'console.log(1)\n'.repeat(250))
    expect(found).toHaveLength(101)
    expect(found.at(-1)).toBe('impact.more undefined 150')
    expect(look('src/a.js', 'console.log(1)\n'.repeat(100))).toHaveLength(100)
  })
  test('secrets by kind and line, and no sign of the value', () => {
    const secrets = [
      'AKIA' + 'IOSFODNN7EXAMPL3',
      'ghp_' + 'a1'.repeat(18),
      '-----BEGIN OPENSSH PRIVATE ' + 'KEY-----',
    ]
    for (const secret of secrets) {
      const found = look('config/x.yaml', `a: 1\nvalue: ${secret}\n`)
      expect(found).toHaveLength(1)
      expect(found[0]).toMatch(/^impact\.secret 2 /)
      expect(found[0]).not.toContain(secret.slice(5, 15))
    }
    // However much stands in front of it.
    expect(
      look('a.js', `${"console.log('x')\n".repeat(1200)}const password = 'hunter2` + "hunter2'\n"),
    ).toContain('impact.secret 1201 password')
    expect(look('a.env', 'DB_PASSWORD=' + 'correct1horse\n')).toEqual(['impact.secret 1 DB_PASSWORD'])
    expect(look('a.js', "const password = 'hunter2" + "hunter2'\n")).toEqual(['impact.secret 1 password'])
    expect(look('a.py', "url = 'postgresql://app:" + "s3cr3t@db/x'\n")).toEqual([
      'impact.secret 1 password in an address',
    ])
    expect(
      look(
        'a.js',
        "const password = 'changeme1'\nconst token = process.env.TOKEN\nlabel: 'password: wrong value'\nconst secretName = 'repo/deploy'\napi_key = '${API_KEY}'\nconst x = 'postgresql://app:${PASSWORD}@db/x'\n",
      ),
    ).toEqual([])
  })
})

describe('dependencies', () => {
  const lock = (versions: Readonly<Record<string, string>>) =>
    JSON.stringify({
      packages: {
        '': { name: 'x' },
        ...Object.fromEntries(
          Object.entries(versions).map(([name, version]) => [`node_modules/${name}`, { version }]),
        ),
      },
    })
  test('by the lock file: added, moved and removed', () => {
    expect(
      dependencyChanges([
        {
          path: 'package-lock.json',
          before: lock({ a: '1.0.0', b: '1.0.0' }),
          after: lock({ a: '1.1.0', '@s/c': '2.0.0' }),
        },
      ]).changes,
    ).toEqual([
      { name: '@s/c', after: '2.0.0' },
      { name: 'a', before: '1.0.0', after: '1.1.0' },
      { name: 'b', before: '1.0.0' },
    ])
    const of = (path: string, before: string, after: string) =>
      dependencyChanges([{ path, before, after }]).changes
    expect(of('requirements.txt', 'Flask==3.0\n# x\n', 'flask==3.1\n')).toEqual([
      { name: 'flask', before: '3.0', after: '3.1' },
    ])
    expect(
      of('go.mod', 'require github.com/a/b v1.0.0\n', 'require (\n\tgithub.com/a/b v1.1.0\n)\n'),
    ).toEqual([{ name: 'github.com/a/b', before: 'v1.0.0', after: 'v1.1.0' }])
    expect(of('poetry.lock', '', '[[package]]\nname = "x"\nversion = "1"\n')).toEqual([
      { name: 'x', after: '1' },
    ])
  })
  test('a manifest without its lock file', () => {
    const change = {
      path: 'package.json',
      before: '{"dependencies":{}}',
      after: '{"dependencies":{"a":"^1"}}',
    }
    expect(dependencyChanges([change]).findings).toMatchObject([
      { code: 'impact.dependency_without_lock', text: 'a' },
    ])
    expect(
      dependencyChanges([change, { path: 'package-lock.json', after: lock({ a: '1.0.0' }) }]).findings,
    ).toEqual([])
    expect(dependencyChanges([{ path: 'yarn.lock', before: 'a', after: 'b' }]).notRead).toEqual(['yarn.lock'])
  })
})

test('any text has facts, and each sign stands where it stood', () => {
  const piece = fc.constantFrom(
    "'",
    '"',
    '`',
    '${',
    '}',
    '{',
    '/',
    '\\',
    '//',
    '/*',
    '*/',
    '#',
    '"""',
    '\n',
    'a',
    '(',
    ')',
    '@app.route(',
    "'/x'",
    'class A(Model):\n',
    ' x = Column(',
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.constantFrom('javascript' as const, 'python' as const),
      (pieces, language) => {
        const text = pieces.join('')
        const { code, bare } = sourceText(language, text)
        expect([code.length, bare.length]).toEqual([text.length, text.length])
        expect(code.split('\n').length).toBe(text.split('\n').length)
        factsOf(language, text)
      },
    ),
  )
})
