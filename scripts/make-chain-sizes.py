#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes src/layer/chain_sizes.inc from the Vulkan registry: python3 scripts/make-chain-sizes.py >src/layer/chain_sizes.inc

Lists the structs that may stand in the chains which the layer edits, so that it knows their sizes."""
import sys
import xml.etree.ElementTree as ElementTree

EDITED = {'VkMemoryAllocateInfo', 'VkBufferCreateInfo', 'VkImageCreateInfo', 'VkPhysicalDeviceImageFormatInfo2'}
REGISTRY = sys.argv[1] if len(sys.argv) > 1 else '/usr/share/vulkan/registry/vk.xml'

registry = ElementTree.parse(REGISTRY).getroot()
platform_types = set()
for extension in registry.iter('extension'):
    if extension.get('platform') or extension.get('supported') == 'disabled':
        platform_types |= {t.get('name') for t in extension.iter('type')}

print('/* SPDX-License-Identifier: MIT */')
print('/* Made by scripts/make-chain-sizes.py from the Vulkan registry; included once per use of CHAIN_STRUCT. */')
for struct in registry.iter('type'):
    name = struct.get('name')
    extends = set((struct.get('structextends') or '').split(','))
    if struct.get('category') != 'struct' or not extends & EDITED or name in platform_types or struct.get('alias'):
        continue
    stype = next(m.get('values') for m in struct.iter('member') if m.find('name').text == 'sType')
    print(f'CHAIN_STRUCT({stype}, {name})')
