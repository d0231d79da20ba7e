#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/layer/command_names.inc from the Vulkan registry:
python3 scripts/make-command-names.py >tests/layer/command_names.inc

Lists the commands of devices, queues and command buffers in Vulkan 1.0 to 1.3, which are all that a program can use
in a frame without an extension."""
import sys
import xml.etree.ElementTree as ElementTree

VERSIONS = {'VK_VERSION_1_0', 'VK_VERSION_1_1', 'VK_VERSION_1_2', 'VK_VERSION_1_3'}
DISPATCHED_ON = {'VkDevice', 'VkQueue', 'VkCommandBuffer'}
REGISTRY = sys.argv[1] if len(sys.argv) > 1 else '/usr/share/vulkan/registry/vk.xml'

registry = ElementTree.parse(REGISTRY).getroot()
first_parameters = {
    command.find('proto/name').text: command.find('param/type').text
    for command in registry.find('commands') if not command.get('alias')}
names = []
for feature in registry.findall('feature'):
    if feature.get('name') in VERSIONS:
        names += [c.get('name') for c in feature.iter('command')
                  if first_parameters.get(c.get('name')) in DISPATCHED_ON and c.get('name') not in names]

print('/* SPDX-License-Identifier: MIT */')
print('/* Made by scripts/make-command-names.py from the Vulkan registry: strings of an array. */')
for name in names:
    print(f'"{name}",')
