// The tree that spellings are run in: what lies in /srv/app and /tmp of the sandbox, small and the same each time.

export const HOME = '/srv/app'

/** Files by path from HOME, with what is in them. A name that ends in a slash is an empty directory. */
export const FILES: Readonly<Record<string, string>> = {
  '.env': 'TOKEN=canary\n',
  '.env.example': 'TOKEN=\n',
  'README.md': '# app\n',
  'package.json': '{"name":"app"}\n',
  'src/main.js': 'serve()\n',
  'docs/guide.md': 'guide\n',
  'script/clean.sh': 'rm -rf dist\n',
  'frontend/dist/index.html': '<p>\n',
  'backend/server.js': 'listen()\n',
  'backend/data/users.json': '[{"id":1,"name":"a"}]\n',
  'backend/data/articles.json': '[{"id":7}]\n',
  'backend/data/archive/2024.json': '[]\n',
  'backend/data/archive/2025.json': '[]\n',
  'backend/empty/': '',
}

export const OTHERS: Readonly<Record<string, string>> = {
  '/tmp/new.json': '[{"id":2}]\n',
  '/tmp/other/users.json': '[]\n',
}

/** Every path in it, from HOME, without the last slash. */
export const PATHS: readonly string[] = [
  ...new Set(
    Object.keys(FILES).flatMap((name) => {
      const parts = name.split('/').filter((part) => part !== '')
      return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
    }),
  ),
]

export const DIRECTORIES: ReadonlySet<string> = new Set(
  PATHS.filter((one) => PATHS.some((other) => other.startsWith(`${one}/`)) || FILES[`${one}/`] !== undefined),
)
