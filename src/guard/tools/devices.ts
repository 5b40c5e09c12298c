// Disks and what is made of them: partitions, file systems, volumes, arrays, pools, encryption. Looking is free.
import type { Arguments } from '../arguments.ts'
import { isDevice } from '../devices.ts'
import type { Verb } from '../effect.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM } from '../stream.ts'
import { nameOf, type Tool, touch } from '../tool.ts'
import { literal, prefix } from '../value.ts'

type Act = NonNullable<Tool['act']>

/** An effect on every operand that is a device; an image in a file is a file. */
export function onDevices(call: Call, verb: Verb, fields: readonly Field[], orNone = false): void {
  const { shell } = call
  const devices = fields.filter(({ value, open }) => open || shell.paths(value).some(isDevice))
  for (const { value, span } of devices)
    for (const path of shell.paths(value))
      shell.emit({ verb, on: { kind: 'path', path }, reversible: 'no' }, span)
  if (devices.length === 0 && orNone)
    shell.emit({ verb, on: { kind: 'program', name: nameOf(call) }, reversible: 'no' }, call.span)
}

/** An image in a file is written over like any file. */
function onDevicesOrImages(call: Call, verb: Verb, fields: readonly Field[]): void {
  onDevices(call, verb, fields)
  for (const field of fields)
    if (!field.open && literal(field.value) !== undefined && !call.shell.paths(field.value).some(isDevice))
      touch(call, 'path.write', field)
}

const deviceIf =
  (verb: Verb, reads: (args: Arguments) => boolean, orNone = false): Act =>
  (call, args) => {
    if (!reads(args)) onDevices(call, verb, args.operands, orNone)
    return FROM_PROGRAM
  }
/** The first word is a disk, or an image of one. */
const imageIf =
  (verb: Verb, reads: (args: Arguments) => boolean): Act =>
  (call, args) => {
    if (reads(args)) return FROM_PROGRAM
    onDevicesOrImages(call, verb, args.operands.slice(0, 1))
    onDevices(call, verb, args.operands.slice(1))
    return FROM_PROGRAM
  }

/** Any of it, whatever it is called: a volume group has no path. */
const always =
  (verb: Verb, reads: (args: Arguments) => boolean = () => false): Act =>
  (call, args) => {
    if (reads(args) || args.operands.length === 0) return FROM_PROGRAM
    for (const { value, span } of args.operands)
      call.shell.emit(
        { verb, on: { kind: 'program', name: literal(value) ?? nameOf(call) }, reversible: 'no' },
        span,
      )
    return FROM_PROGRAM
  }

const has = (names: string) => (args: Arguments) => args.has(names)

/** `parted [options] [device [command …]]`: commands that only show. */
const parted: Act = (call, args) => {
  const [device, ...words] = args.operands
  if (args.has('l list') || device === undefined) return FROM_PROGRAM
  const verbs = words.map(({ value }) => literal(value) ?? '')
  const shows =
    verbs.length > 0 &&
    /^(?:p(?:rint)?|align-check|u(?:nit)?|help|quit|version)$/.test(verbs[0] ?? '') &&
    !verbs.some((one) =>
      /^(?:mklabel|mktable|mkpart|rm|resizepart|resize|move|set|toggle|name|rescue|mkfs|cp|disk_set|disk_toggle|type)$/.test(
        one,
      ),
    )
  // Without a word it waits for some.
  if (!shows && words.length > 0) onDevicesOrImages(call, 'device.partition', [device])
  else if (!shows) onDevices(call, 'device.partition', [device])
  return FROM_PROGRAM
}

const LVM_LONG =
  'config select reportformat size extents name resizefs activate addtag deltag type stripes mirrors poolmetadata units options devices devicesfile profile commandprofile alloc autobackup driverloaded lockopt nolocking permission persistent'
const LVM_SHORT = 'LlnaSoicCkpmRZW'
const lvm = (names: string): Tool => ({
  names,
  short: LVM_SHORT,
  long: LVM_LONG,
  flags: 'force yes verbose test help version',
  harmless: 'help version h',
  act: always('device.volume', has('test t')),
})

const LVM_VERBS =
  'lvremove vgremove pvremove lvreduce vgreduce lvresize pvcreate vgcreate pvmove vgsplit vgmerge lvconvert vgcfgrestore vgexport'

const cryptsetup: Act = (call, args) => {
  const verb = args.word(0) ?? ''
  // The key itself is printed or put into a file.
  if (args.has('dump-master-key dump-volume-key unbound') && verb.endsWith('Dump'))
    onDevices(call, 'device.volume', args.operands.slice(1), true)
  if (
    /^(?:luksFormat|reencrypt|erase|luksErase|luksRemoveKey|luksKillSlot|luksHeaderRestore|luksSuspend|convert|repair|remove|close|(?:luks|plain|loopaes|tcrypt|bitlk)Close|luksConvertKey|luksChangeKey|luksAddKey)$/.test(
      verb,
    )
  ) {
    const operands = args.operands.slice(1)
    if (verb === 'luksFormat' && operands.length > 0)
      onDevicesOrImages(call, 'device.format', operands.slice(0, 1))
    else
      onDevices(
        call,
        /^luksErase|erase|reencrypt/.test(verb) ? 'device.format' : 'device.volume',
        operands,
        true,
      )
  }
  return FROM_PROGRAM
}

const hdparm: Act = (call, args) => {
  if (
    args.options.some(({ name }) =>
      /^(?:security-(?:erase|erase-enhanced|set-pass|disable|unlock|mode)|trim-sector-ranges|write-sector|repair-sector|make-bad-sector|fwdownload|yes-i-know|dco-restore|Np?\d*)/.test(
        name,
      ),
    ) ||
    args.has('y Y')
  )
    onDevices(call, 'device.overwrite', args.operands, true)
  return FROM_PROGRAM
}

const nvme: Act = (call, args) => {
  if (
    /^(?:format|sanitize|delete-ns|create-ns|detach-ns|write|write-zeroes|write-uncor|fw-download|fw-activate|fw-commit|reset|subsystem-reset|security-send|dsm)$/.test(
      args.word(0) ?? '',
    )
  )
    onDevices(call, 'device.format', args.operands.slice(1), true)
  return FROM_PROGRAM
}

const mdadm: Act = (call, args) => {
  if (
    args.has(
      'S stop zero-superblock r remove f fail C create G grow B build update set-faulty K kill-subarray',
    ) &&
    !args.has('D detail E examine Q query')
  )
    onDevices(call, 'device.volume', args.operands, true)
  return FROM_PROGRAM
}

const zfs =
  (destroys: RegExp, changes: RegExp, also: (args: Arguments) => boolean): Act =>
  (call, args) => {
    const verb = args.word(0) ?? ''
    if (args.has('n')) return FROM_PROGRAM
    if (destroys.test(verb) || changes.test(verb) || also(args))
      call.shell.emit(
        {
          verb: 'device.volume',
          on: { kind: 'program', name: `${nameOf(call)} ${args.word(1) ?? ''}` },
          reversible: 'no',
        },
        call.span,
      )
    return FROM_PROGRAM
  }

const is = (word: string, whole: string, least: number): boolean =>
  word.length >= least && whole.startsWith(word)

const MKFS =
  'mkfs mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.ext4dev mkfs.xfs mkfs.btrfs mkfs.fat mkfs.vfat mkfs.msdos mkfs.exfat mkfs.ntfs mkfs.f2fs mkfs.jfs mkfs.reiserfs mkfs.minix mkfs.cramfs mkfs.bfs mkfs.udf mkfs.erofs mkfs.gfs2 mkfs.ocfs2 mkfs.hfs mkfs.hfsplus mkfs.nilfs2 mkfs.zonefs mkfs.bcachefs mke2fs mkdosfs mkntfs mkswap newfs newfs_apfs newfs_hfs newfs_msdos newfs_exfat mkexfatfs mkudffs bcachefs'

export const DEVICES: readonly Tool[] = [
  // `-n` is "only say what you would do" for ext and btrfs alone.
  {
    names: MKFS,
    short: 'tbLNUmoOTEIGgJCdDsiSrRl',
    long: 'type label uuid data metadata nodesize sectorsize',
    act: (call, args) => {
      const name = nameOf(call)
      // Of mkfs alone it is the word for more words.
      const says = args.has('V') && name !== 'mkfs'
      const dry = says || (args.has('n') && /^(?:mkfs\.ext|mke2fs)/.test(name))
      if (!dry) onDevicesOrImages(call, 'device.format', args.operands.slice(0, 1))
      if (!dry) onDevices(call, 'device.format', args.operands.slice(1))
      return FROM_PROGRAM
    },
  },
  {
    names: 'wipefs',
    short: 'ot',
    long: 'offset types backup',
    flags: 'all force no-act noheadings parsable',
    act: (call, args) => {
      if (args.has('a all o offset') && !args.has('n no-act'))
        onDevicesOrImages(call, 'device.overwrite', args.operands)
      return FROM_PROGRAM
    },
  },
  {
    names: 'blkdiscard',
    short: 'olps',
    long: 'offset length step',
    act: imageIf('device.overwrite', () => false),
  },
  { names: 'badblocks', short: 'bcdeiotp', act: deviceIf('device.overwrite', (args) => !args.has('w')) },
  {
    names: 'fdisk',
    // The word after -w is no device: whatever is one is meant.
    short: 'bCHSotB',
    long: 'sector-size compatibility cylinders heads sectors output type',
    attached: 'cuL',
    harmless: 'help version h V',
    act: deviceIf('device.partition', has('l list s getsz x list-details')),
  },
  { names: 'cfdisk', short: 'Lb', act: deviceIf('device.partition', () => false) },
  { names: 'gdisk cgdisk', act: deviceIf('device.partition', has('l list')) },
  {
    names: 'sgdisk',
    short: 'aAbcdhilmnRrStTuU',
    act: imageIf(
      'device.partition',
      (args) =>
        args.options.length > 0 &&
        args.options.every(({ name }) =>
          /^(?:[pivDFEfLOP]|print|info|verify|display-alignment|first-.*|end-.*|list-types|pretend|b|backup)$/.test(
            name,
          ),
        ),
    ),
  },
  {
    names: 'sfdisk',
    short: 'NYoX',
    long: 'partno label label-nested output',
    act: imageIf(
      'device.partition',
      has('l list g show-geometry d dump J json s show-size V verify F list-free T list-types n no-act q'),
    ),
  },
  {
    names: 'parted',
    short: 'a',
    long: 'align',
    flags: 'script list machine json fix version help',
    act: parted,
  },
  {
    names: 'partprobe partx kpartx addpart delpart resizepart',
    short: 'not',
    act: (call, args) => {
      if (args.has('s summary show l list P raw dry-run') || (args.has('d') && nameOf(call) === 'partprobe'))
        return FROM_PROGRAM
      onDevices(
        call,
        'device.partition',
        args.operands,
        args.operands.length === 0 && nameOf(call) === 'partprobe',
      )
      return FROM_PROGRAM
    },
  },
  { names: 'growpart', act: deviceIf('device.partition', has('N dry-run')) },
  {
    names: 'blockdev',
    long: 'setra setfra setbsz',
    act: deviceIf(
      'device.volume',
      (args) => !args.options.some(({ name }) => /^(?:set|flushbufs|rereadpt)/.test(name)),
    ),
  },
  { names: 'hdparm sdparm', style: 'gnu', act: hdparm },
  {
    names: 'sg_format sg_sanitize sg_write_same sg_dd sg_unmap',
    act: deviceIf('device.format', () => false, true),
  },
  { names: 'nvme', style: 'posix', act: nvme },
  {
    names: 'mdadm mdctl',
    short: 'lnxcNeamU',
    long: 'level raid-devices spare-devices chunk name metadata bitmap',
    act: mdadm,
  },
  {
    names: 'cryptsetup veritysetup integritysetup',
    short: 'chsydSpoilt',
    long: 'cipher hash key-size key-file keyfile-size type pbkdf iter-time header align-payload uuid label sector-size key-slot',
    act: cryptsetup,
  },
  {
    names: 'dmsetup',
    act: (call, args) =>
      /^(?:remove|remove_all|wipe_table|suspend|load|reload|create|clear|rename)$/.test(args.word(0) ?? '')
        ? always('device.volume')(call, args, {})
        : FROM_PROGRAM,
  },
  lvm(LVM_VERBS),
  {
    // Switched off, nothing on them is there any more.
    names: 'vgchange lvchange',
    short: LVM_SHORT,
    long: LVM_LONG,
    flags: 'force yes verbose test help version',
    harmless: 'help version h',
    act: always('device.volume', (args) => {
      const active = literal(args.value('a activate')?.value ?? []) ?? 'y'
      return args.has('test t') || !/^[le]?n$/.test(active)
    }),
  },
  {
    names: 'qemu-nbd nbd-client',
    short: 'bcNfspoPk',
    act: deviceIf('device.volume', (args) => !args.has('d disconnect')),
  },
  // `lvm lvremove …`
  {
    names: 'lvm',
    style: 'posix',
    short: 'c',
    harmless: 'help version h',
    act: (call, args) => {
      const verb = args.word(0)
      if (verb === undefined || !(LVM_VERBS.split(' ').includes(verb) || /^(?:vg|lv)change$/.test(verb)))
        return FROM_PROGRAM
      if (args.has('test t')) return FROM_PROGRAM
      return call.shell.start(args.operands[0] as Field, args.operands.slice(1), call.stdin, call.span)
    },
  },
  {
    names: 'zpool',
    act: zfs(
      /^(?:destroy|labelclear|remove|split)$/,
      /^(?:create|add|attach|detach|offline|replace|export|rollback|clear|checkpoint|upgrade|reguid)$/,
      // It goes back to before what was written last.
      (args) => args.word(0) === 'import' && args.has('F X'),
    ),
  },
  {
    names: 'zfs',
    act: zfs(
      /^(?:destroy|rollback)$/,
      /^(?:rename|receive|recv|promote|unmount|umount|unload-key|change-key)$/,
      // Where it lies, whether it can be written, and how much.
      (args) =>
        /^(?:set|inherit)$/.test(args.word(0) ?? '') &&
        args.operands.some(({ value }) =>
          /^(?:readonly(?:=on|$)|mountpoint\b|canmount=(?:off|noauto)|(?:ref)?quota=(?!none)|volsize=|share(?:nfs|smb)=off|sync=disabled|copies=|encryption|keylocation)/.test(
            prefix(value),
          ),
        ),
    ),
  },
  {
    names: 'btrfs',
    act: (call, args) => {
      const [group = '', verb = ''] = [args.word(0), args.word(1)]
      if (
        // Every word may be cut short.
        (is(group, 'subvolume', 2) && is(verb, 'delete', 1)) ||
        (is(group, 'device', 1) && (is(verb, 'delete', 2) || is(verb, 'remove', 3))) ||
        (is(group, 'filesystem', 1) &&
          (is(verb, 'resize', 1) || (is(verb, 'label', 1) && args.operands.length > 3))) ||
        (is(group, 'quota', 2) && is(verb, 'disable', 1)) ||
        (is(group, 'qgroup', 2) && /^(?:l|de)/.test(verb)) ||
        (is(group, 'property', 2) &&
          is(verb, 'set', 1) &&
          args.operands.some((_, i) => args.word(i) === 'ro')) ||
        is(group, 'rescue', 3) ||
        (is(group, 'check', 1) &&
          args.has('repair init-csum-tree init-extent-tree clear-space-cache clear-ino-cache')) ||
        (is(group, 'replace', 3) && !is(verb, 'status', 3))
      )
        call.shell.emit(
          { verb: 'device.volume', on: { kind: 'program', name: `btrfs ${group}` }, reversible: 'no' },
          call.span,
        )
      return FROM_PROGRAM
    },
  },
  {
    names: 'swapoff swapon',
    act: (call, args) => {
      if (args.has('show s summary')) return FROM_PROGRAM
      if (args.operands.length > 0 || args.has('a all'))
        call.shell.emit({ verb: 'device.volume', on: { kind: 'program', name: nameOf(call) } }, call.span)
      return FROM_PROGRAM
    },
  },
  {
    names:
      'resize2fs tune2fs xfs_growfs xfs_repair fsck fsck.ext2 fsck.ext3 fsck.ext4 fsck.xfs fsck.vfat e2fsck ntfsresize debugfs dumpe2fs xfs_admin e2label fstrim',
    // The label behind -L is no device.
    short: 'tCebBEgiMoOsTuUJRz',
    act: (call, args) => {
      const name = nameOf(call)
      const reads =
        name === 'dumpe2fs' ||
        name === 'xfs_growfs' ||
        name === 'fstrim' ||
        args.has('n N l') ||
        (name === 'debugfs' && !args.has('w')) ||
        (name === 'tune2fs' && args.options.length === 0) ||
        (name === 'e2label' && args.operands.length < 2)
      if (!reads) onDevices(call, 'device.volume', args.operands)
      return FROM_PROGRAM
    },
  },
  {
    names: 'losetup',
    short: 'ofd',
    act: (call, args) => {
      if (args.has('d D detach detach-all')) onDevices(call, 'device.volume', args.operands, true)
      return FROM_PROGRAM
    },
  },
  {
    names: 'diskutil',
    act: (call, args) => {
      const where = args.operands.at(-1)
      if (/^(?:unmount|eject)/i.test(args.word(0) ?? '') && where !== undefined)
        touch(call, 'path.mount', where, { note: 'umount' })
      if (
        /^(?:erase|partition|reformat|resize|split|merge|secureErase|zeroDisk|randomDisk|rename|disableJournal|(?:ap|apfs|cs|corestorage|appleRAID)$)/i.test(
          args.word(0) ?? '',
        ) &&
        !/^(?:list|info)/.test(args.word(1) ?? '')
      )
        call.shell.emit(
          { verb: 'device.format', on: { kind: 'program', name: 'diskutil' }, reversible: 'no' },
          call.span,
        )
      return FROM_PROGRAM
    },
  },
]
