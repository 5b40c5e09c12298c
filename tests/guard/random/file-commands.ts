// Commands on files of the small tree that are run for real: the tools one would use, on paths that are there or not, put together as shell does.
import fc from 'fast-check'
import { DIRECTORIES, PATHS } from '../respelling/tree.ts'

const file = fc.constantFrom(...PATHS.filter((one) => !DIRECTORIES.has(one)))
const directory = fc.constantFrom(...DIRECTORIES)
const fresh = fc.constantFrom(
  'new',
  'docs/new',
  'backend/data/new.json',
  'a/b/c',
  '/tmp/out',
  'src/x.js',
  './y',
  'backend/../z',
)
const any = fc.oneof(file, directory, fresh)
const target = fc.oneof({ weight: 3, arbitrary: file }, fresh)
const glob = fc.constantFrom(
  '*.md',
  'backend/data/*.json',
  'backend/*/a*',
  'src/*',
  'd?cs',
  '*/data/[ua]*',
  'backend/{data,empty}',
  '.e*',
  '**/x',
)
const place = fc.oneof(any, glob)

const join = (...parts: readonly (string | fc.Arbitrary<string>)[]) =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((all) => all.join(' '))
const of = (...all: readonly string[]) => fc.constantFrom(...all)

const plain: fc.Arbitrary<string> = fc.oneof(
  join(of('rm', 'rm -f', 'rm -rf', 'rm -r --', 'rm -fv'), place),
  join(of('rm -rf'), place, place),
  join(of('mv', 'mv -f', 'mv -n', 'mv -b'), place, any),
  join(of('mv -t'), directory, file),
  join(of('cp', 'cp -r', 'cp -a', 'cp -f', 'cp -l', 'cp -s', 'cp --backup=simple'), place, any),
  join('cp -r -t', directory, any),
  join('cp --parents', file, directory),
  join('cp -rT', directory, directory),
  join(of('install', 'install -D', 'install -m 600'), file, target),
  join('install -d', fresh),
  join(of('ln', 'ln -s', 'ln -sf', 'ln -f'), any, target),
  join(of('touch', 'touch -c', 'touch -d 2020-01-01'), any),
  join(of('mkdir', 'mkdir -p'), fresh),
  join(of('rmdir', 'rmdir -p'), directory),
  join(of('chmod 600', 'chmod -R u+x', 'chmod a-w'), place),
  join(of('truncate -s 0', 'truncate -s +5', 'truncate --size=1'), target),
  join(of('shred -n 1', 'shred -u'), file),
  join(of("sed -i 's/a/b/'", "sed -i.bak -e '1d'", 'sed -n -i p', 'sed --in-place=.o s/e/f/'), file),
  join("sed -n 'w out.txt'", file),
  join(
    of('find'),
    directory,
    of(
      '-type f -delete',
      "-name '*.json' -delete",
      '-type f -exec rm {} +',
      "-name 'a*' -exec mv {} /tmp \\;",
      '-maxdepth 1 -type f -exec chmod 600 {} \\;',
      '-type f -fprint list.txt',
    ),
  ),
  join(of('sort -o', 'sort -ro'), target, file),
  join(of('tee', 'tee -a'), target, of('< README.md', '<<< hello', '</dev/null')),
  join(
    'dd status=none if=README.md',
    target.map((one) => `of=${one}`),
  ),
  join('tar -cf', of('all.tar', '/tmp/a.tar'), any),
  join('split -l 1', file, of('part-', '/tmp/part-')),
  join('uniq', file, target),
  join(of('echo x >', 'echo x >>', ': >', 'cat README.md >', 'ls >|', 'printf %s y &>'), target),
  join('cat <', file, '>', target),
  join('awk \'{ print > "awk.out" }\'', file),
  join('awk \'{ print >> FILENAME ".copy" }\'', file),
  join('patch -s', file, of('< README.md')),
  join(
    'cp',
    file,
    file.map((one) => `"$(dirname ${one})"/copied`),
  ),
  join('xargs rm -f <<<', file),
  join('csplit -s -f cut-', file, '1'),
  join('mktemp -p', directory),
  join('unlink', file),
  join('link', file, fresh),
  join('mkfifo', fresh),
)

export const fileCommands: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: plain },
  join(
    'cd',
    directory,
    '&&',
    of('rm -f *.json', 'mv * /tmp', 'touch here', 'cp * ..', 'rm -rf ../docs', ': > x'),
  ),
  fc.tuple(plain, plain).map(([a, b]) => `${a}; ${b}`),
  fc.tuple(plain, plain).map(([a, b]) => `${a} && ${b}`),
  plain.map((one) => `(cd /tmp && ls) >/dev/null; ${one}`),
  plain.map((one) => `f() { ${one}; }; f`),
  plain.map((one) => `if true; then ${one}; else rm -rf /tmp/other; fi`),
  file.map((one) => `for x in ${one} docs; do rm -r "$x"; done`),
  join('f=', file).map((one) => `${one.replace(' ', '')}; mv "$f" "$f.old"`),
  file.map((one) => `f=${one}; cp "$f" "\${f%.*}.copy"; rm "\${f##*/}"`),
  directory.map((one) => `ls ${one} | while read -r x; do rm -rf "${one}/$x"; done`),
  directory.map((one) => `find ${one} -type f -print0 | xargs -0 rm -f`),
  directory.map((one) => `find ${one} -name '*.json' | xargs -I{} mv {} {}.bak`),
  directory.map((one) => `tar -cf - ${one} | tar -xf - -C /tmp`),
  file.map((one) => `ln -s "$PWD/${one}" /tmp/l; echo x > /tmp/l`),
  directory.map((one) => `ln -s "$PWD/${one}" /tmp/l; rm -rf /tmp/l/*`),
)
