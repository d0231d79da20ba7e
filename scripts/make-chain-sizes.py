#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes src/layer/chain_sizes.inc from a Vulkan registry, best the newest:
python3 scripts/make-chain-sizes.py vk.xml >src/layer/chain_sizes.inc

Lists the structs that may stand in the chains which the layer edits, so that it knows their sizes. What a struct holds
is written out, because the headers that the layer is compiled with may be older than the registry."""
import re
import sys
import xml.etree.ElementTree as ElementTree

EDITED = {'VkMemoryAllocateInfo', 'VkBufferCreateInfo', 'VkImageCreateInfo', 'VkPhysicalDeviceImageFormatInfo2',
          'VkPhysicalDeviceExternalBufferInfo', 'VkImageViewCreateInfo', 'VkFramebufferCreateInfo',
          'VkBufferViewCreateInfo', 'VkSemaphoreCreateInfo', 'VkEventCreateInfo'}
REGISTRY = sys.argv[1] if len(sys.argv) > 1 else '/usr/share/vulkan/registry/vk.xml'
PLAIN = {'char', 'float', 'double', 'int8_t', 'uint8_t', 'int16_t', 'uint16_t', 'int32_t', 'uint32_t', 'int64_t',
         'uint64_t', 'size_t', 'int'}

registry = ElementTree.parse(REGISTRY).getroot()


def is_vulkan(element):
    return 'vulkan' in (element.get('api') or 'vulkan').split(',')


types = {}
for element in registry.iter('type'):
    name = element.get('name') or element.findtext('name')
    if name and element.get('category') and is_vulkan(element):
        types.setdefault(name, element)
wide = {e.get('name') for e in registry.iter('enums') if e.get('bitwidth') == '64'}
constants = {e.get('name'): e.get('value') for e in registry.iter('enum') if e.get('value')}


def words_of(element):
    return ''.join(element.itertext())


def layout_of(name):
    """A C type of the size and alignment of `name`, or None where only a platform's headers tell."""
    if name in PLAIN:
        return name
    element = types.get(name)
    if element is None:
        return None
    if element.get('alias'):
        return layout_of(element.get('alias'))
    category = element.get('category')
    if category == 'enum':
        return 'uint64_t' if name in wide else 'uint32_t'
    if category == 'bitmask':
        return layout_of(element.findtext('type'))
    if category == 'handle':
        return 'void *' if element.findtext('type') == 'VK_DEFINE_HANDLE' else 'uint64_t'
    if category == 'funcpointer':
        return 'void *'
    if category == 'basetype':
        return 'void *' if '*' in words_of(element) else layout_of(element.findtext('type'))
    if category in ('struct', 'union'):
        members = members_of(element)
        return members and f'{category} {{ {members} }}'
    return None


def members_of(element, without=()):
    """The members as C has them; None where one is a platform's."""
    members = []
    for member in element.iter('member'):
        name = member.findtext('name')
        if not is_vulkan(member) or name in without:
            continue
        for comment in member.findall('comment'):
            comment.text = ''
        text = words_of(member)
        layout = 'void *' if '*' in text else layout_of(member.findtext('type'))
        if layout is None:
            return None
        suffix = text[text.rindex(name) + len(name):].strip()
        suffix = re.sub(r'\w+', lambda word: constants.get(word[0], word[0]), suffix)
        members.append(f'{layout}{"" if layout.endswith("*") else " "}{name}{suffix};')
    return ' '.join(members)


def number_of_types():
    """VkStructureType's values: core ones, and those of extensions, counted from the extension's number."""
    numbers = {}
    aliases = {}
    for enums in registry.iter('enums'):
        if enums.get('name') == 'VkStructureType':
            for enum in enums.iter('enum'):
                if enum.get('value'):
                    numbers[enum.get('name')] = int(enum.get('value'), 0)
    for block in list(registry.iter('feature')) + list(registry.iter('extension')):
        for enum in block.iter('enum'):
            if enum.get('extends') != 'VkStructureType':
                continue
            if enum.get('alias'):
                aliases[enum.get('name')] = enum.get('alias')
            elif enum.get('value'):
                numbers[enum.get('name')] = int(enum.get('value'), 0)
            else:
                number = int(enum.get('extnumber') or block.get('number'))
                numbers[enum.get('name')] = 1000000000 + (number - 1) * 1000 + int(enum.get('offset'))
    return numbers


numbers = number_of_types()
blocks = [b for b in list(registry.iter('feature')) + list(registry.iter('extension'))
          if 'vulkan' in (b.get('api') or b.get('supported') or '').split(',')]
rows = []
for struct in types.values():
    name = struct.get('name')
    extends = set((struct.get('structextends') or '').split(','))
    if struct.get('category') != 'struct' or not extends & EDITED or struct.get('alias'):
        continue
    given_by = [b.get('name') for b in blocks if any(t.get('name') == name for t in b.iter('type'))]
    members = members_of(struct, ('sType', 'pNext'))
    stype = next(m.get('values') for m in struct.iter('member') if m.findtext('name') == 'sType')
    if given_by and members and stype in numbers:
        rows.append((numbers[stype], name, members, stype, given_by))
rows.sort()

version = next(words_of(t) for t in registry.iter('type')
               if t.findtext('name') == 'VK_HEADER_VERSION' and is_vulkan(t)).split()[-1]
print('/* SPDX-License-Identifier: MIT */')
print(f'/* Made by scripts/make-chain-sizes.py from the Vulkan registry, version {version}; included once per use of its macros. */')
print('#ifdef CHAIN_STRUCT /* (sType, name, members after pNext) */')
for number, name, members, _, _ in rows:
    print(f'CHAIN_STRUCT({number}, {name}, {members})')
print('#endif')
print('#ifdef CHAIN_STRUCT_NAMED /* (sType, its name, name): those that the headers have */')
for number, name, _, stype, given_by in rows:
    # The registry has each version in parts.
    macros = dict.fromkeys(re.sub('^VK_[A-Z]+_VERSION_', 'VK_VERSION_', block) for block in given_by)
    print('#if ' + ' || '.join(f'defined({macro})' for macro in macros))
    print(f'CHAIN_STRUCT_NAMED({number}, {stype}, {name})')
    print('#endif')
print('#endif')
