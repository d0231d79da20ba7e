#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a row for each format of Vulkan's registry: its blocks, planes and components, as the specification lists them."""

import re
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


def versions(registry):
    """The minor version of Vulkan 1 whose core has each VkFormat; those of extensions alone are absent."""
    minors = {}
    for feature in registry.findall("feature"):
        if "vulkan" not in feature.get("api").split(","):
            continue
        for enum in feature.findall("require/enum[@extends='VkFormat']"):
            minors[enum.get("name")] = int(feature.get("number").split(".")[1])
    for enum in registry.findall("enums[@name='VkFormat']/enum"):
        minors[enum.get("name")] = 0
    return minors


def layout(element):
    """The components from the least significant bit on; none of formats that are compressed or have planes. Read
    from the name: the registry's lists of components lack some and swap others."""
    if element.get("compressed") or element.findall("plane"):
        return "NULL"
    name = re.sub(r"_422|_\d*PACK\d+", "", element.get("name")[len("VK_FORMAT_"):])
    components = [(letter.lower(), int(bits)) for letter, bits in re.findall(r"([RGBADSEX])(\d+)", name)]
    if element.get("packed"):
        # The first component of each word is in its most significant bits.
        size, words = int(element.get("packed")), [[]]
        for component in components:
            if sum(bits for _, bits in words[-1]) == size:
                words.append([])
            words[-1].append(component)
        components = [component for word in words for component in reversed(word)]
    return '"%s"' % "".join("%s%d" % component for component in components)


def row(element, number, minor):
    components = {component.get("name"): component for component in element.findall("component")}
    width, height, _ = (element.get("blockExtent") or "1,1,1").split(",")
    # From the name, like the layout.
    numeric = re.search(r"_([US](?:NORM|SCALED|INT|FLOAT)|SRGB)", element.get("name"))
    return 'FORMAT(%d, %s, "%s", %s, %s, %s, %d, %d, %s, %d, %d, %s, %s, %d)' % (
        number, element.get("name")[len("VK_FORMAT_"):], element.get("class"),
        element.get("blockSize"), width, height, len(element.findall("plane")) or 1,
        int(components["D"].get("bits")) if "D" in components else 0, "true" if "S" in components else "false",
        int(element.get("chroma") or 0), 1 if element.get("compressed") else 0,
        numeric.group(1) if numeric else "none", layout(element), minor)


def main():
    registry = ElementTree.parse(sys.argv[1]).getroot()
    values, minors = numbers(registry), versions(registry)
    print("/* FORMAT(number, name, class, block bytes, block width, block height, planes, depth bits, stencil, chroma,")
    print(" * compressed, numeric format, layout, minor version or -1) */")
    for element in registry.findall("formats/format"):
        name = element.get("name")
        print(row(element, values[name], minors.get(name, -1)))


main()
