#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a row for each format of Vulkan's registry: what the specification's own tables say of its blocks and planes."""

import sys
import xml.etree.ElementTree as ElementTree


def numbers(registry):
    """Each VkFormat's value by its name."""
    values = {}
    for enum in registry.findall("enums[@name='VkFormat']/enum"):
        if enum.get("value"):
            values[enum.get("name")] = int(enum.get("value"))
    for parent in registry.findall("feature") + registry.findall("extensions/extension"):
        for enum in parent.findall("require/enum[@extends='VkFormat'][@offset]"):
            extension = int(enum.get("extnumber") or parent.get("number"))
            values[enum.get("name")] = 1000000000 + (extension - 1) * 1000 + int(enum.get("offset"))
    return values


def row(format_element, number):
    components = [component.get("name") for component in format_element.findall("component")]
    width, height, _ = (format_element.get("blockExtent") or "1,1,1").split(",")
    depth_bits = [int(c.get("bits")) for c in format_element.findall("component") if c.get("name") == "D"]
    return 'FORMAT(%d, %s, "%s", %s, %s, %s, %d, %d, %s, %d, %d)' % (
        number, format_element.get("name")[len("VK_FORMAT_"):], format_element.get("class"),
        format_element.get("blockSize"), width, height, len(format_element.findall("plane")) or 1,
        depth_bits[0] if depth_bits else 0, "true" if "S" in components else "false",
        int(format_element.get("chroma") or 0), 1 if format_element.get("compressed") else 0)


def main():
    registry = ElementTree.parse(sys.argv[1]).getroot()
    values = numbers(registry)
    print("/* FORMAT(number, name, class, block bytes, block width, block height, planes, depth bits, stencil, chroma,")
    print(" * compressed) */")
    for element in registry.findall("formats/format"):
        print(row(element, values[element.get("name")]))


main()
