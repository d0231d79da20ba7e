#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""programs.py TONGS [OUT]: real programs of the distribution, which know nothing of Tongs, by themselves and under
`tongs run`, with layers above it, too: exit codes and pictures are the same. The pictures are kept in OUT."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

from screen import Screen

SECONDS = 120  # for one program; machines may be busy
ATTEMPTS = 5


class Failure(Exception):
    pass


class Missing(Exception):
    """What this release doesn't have."""


def require(condition, text):
    if not condition:
        raise Failure(text)


class Bench:
    """What the checks run with: lavapipe alone, so that all systems do the same, and no settings of the user's."""

    def __init__(self, tongs, out, folder, display):
        self.tongs, self.out, self.folder, self.display = tongs, out, folder, display
        manifests = glob.glob("/usr/share/vulkan/icd.d/lvp_icd*.json")
        require(manifests, "lavapipe has no manifest: is mesa-vulkan-drivers installed?")
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("VK_", "MANGOHUD", "ENABLE_", "MESA_", "TONGS_", "WAYLAND_"))}
        self.environment.update({
            "VK_ICD_FILENAMES": manifests[0], "VK_DRIVER_FILES": manifests[0],  # older and newer loaders
            "DISPLAY": display, "HOME": folder, "XDG_RUNTIME_DIR": folder, "NODEVICE_SELECT": "1"})
        self.clip = self.make_clip("clip.mkv", "testsrc2=size=320x240:rate=10:duration=1")
        self.still = self.make_clip("still.mkv", "testsrc2=size=320x240:rate=10:duration=0.1,loop=loop=9:size=1")
        summary = self.run(["vulkaninfo", "--summary"], None)
        self.device = re.search(r"deviceName\s*= (.*)", summary).group(1)
        # Without the layer all checks would be right.
        require("VK_EXT_external_memory_metal " in self.run(["vulkaninfo"], []), "the layer is not there")

    def make_clip(self, name, source):
        self.run(["ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", source, "-c:v", "ffv1",
                  self.path(name)], None)
        return self.path(name)

    def path(self, name):
        return os.path.join(self.folder, name)

    def command(self, arguments, tongs):
        """`tongs`: None for the program by itself, else the options of `tongs run`."""
        return arguments if tongs is None else [self.tongs, "run", *tongs, *arguments]

    def start(self, arguments, tongs, variables=None):
        return subprocess.Popen(
            self.command(arguments, tongs), env={**self.environment, **(variables or {})}, cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")

    def finish(self, process):
        """What the program wrote; it must have ended with 0."""
        try:
            text, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failure(f"{process.args} did not end in {SECONDS} seconds")
        require(process.returncode == 0, f"{process.args} ended with {process.returncode}:\n{text[-2000:]}")
        return text

    def run(self, arguments, tongs, variables=None):
        return self.finish(self.start(arguments, tongs, variables))



def again(attempt):
    """The first result of several attempts: on some releases lavapipe or libplacebo is not the same each time, with or
    without Tongs. A program that crashes has no further attempt."""
    for _ in range(ATTEMPTS):
        result = attempt()
        if result:
            return result
    return None


def shoot_mpv(bench, output, tongs):
    """mpv's window, in which the same frame is drawn again and again."""
    process = bench.start(
        ["mpv", "--no-config", "--no-audio", "--loop-file=inf", "--no-osc", "--osd-level=0", "--geometry=320x240+0+0",
         f"--vo={output}", "--gpu-api=vulkan", f"--vulkan-device={bench.device}", bench.still], tongs)
    picture = bench.screen.wait_for(process, lambda picture: picture.colours(0, 0, 320, 240) > 50, 6)
    bench.screen.press("q")
    bench.finish(process)
    if picture:
        picture.save(os.path.join(bench.out, f"mpv-{output}{'' if tongs is None else '-tongs'}.png"))
    return picture


def play(bench, output):
    pictures = [again(lambda: shoot_mpv(bench, output, tongs)) for tongs in (None, [])]
    require(pictures[0], "mpv by itself shows no test picture")
    require(pictures[1], "mpv under Tongs shows no test picture")
    require(pictures[0].largest_difference(pictures[1]) == 0, "mpv's pictures differ")


def mpv_gpu_next(bench):
    play(bench, "gpu-next")


def mpv_gpu(bench):
    play(bench, "gpu")


def filter_clip(bench, filters):
    def filter_twice():
        texts = [bench.run(
            ["ffmpeg", "-v", "error", "-nostdin", "-init_hw_device", "vulkan=v:0", "-filter_hw_device", "v",
             "-i", bench.clip, "-vf", filters, "-f", "framemd5", "-"], tongs) for tongs in (None, [])]
        sums = set(re.findall(r"[0-9a-f]{32}", texts[0]))
        return len(sums) == 10 and texts[0] == texts[1]
    require(again(filter_twice), "ffmpeg's ten frames differ, or are not ten by themselves")


def ffmpeg_scale_vulkan(bench):
    filter_clip(bench, "format=nv12,hwupload,scale_vulkan=w=160:h=120,hwdownload,format=nv12")


def ffmpeg_libplacebo(bench):
    filter_clip(bench, "format=yuv420p,hwupload,libplacebo=w=160:h=120,hwdownload,format=yuv420p")


def gstreamer(bench):
    frames = []
    for tongs in (None, []):
        raw = bench.path("frames")
        bench.run(["gst-launch-1.0", "-q", "videotestsrc", "num-buffers=5", "!",
                   "video/x-raw,format=RGBA,width=160,height=120", "!", "vulkanupload", "!", "vulkancolorconvert", "!",
                   "video/x-raw(memory:VulkanImage),format=BGRA", "!", "vulkandownload", "!",
                   "filesink", f"location={raw}"], tongs)
        with open(raw, "rb") as file:
            frames.append(file.read())
        os.remove(raw)
    require(len(frames[0]) == 5 * 160 * 120 * 4 and len(set(frames[0])) > 10, "gst-launch by itself wrote no frames")
    require(frames[0] == frames[1], "GStreamer's frames differ")


def zink(bench):
    """OpenGL over Vulkan."""
    variables = {"LIBGL_ALWAYS_SOFTWARE": "1", "GALLIUM_DRIVER": "zink", "MESA_LOADER_DRIVER_OVERRIDE": "zink"}
    for program in (["eglinfo"], ["glxinfo", "-B"]):
        texts = [subprocess.run(
            bench.command(program, tongs), env={**bench.environment, **variables}, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS) for tongs in (None, [])]
        require("zink" in texts[0].stdout, f"{program[0]} by itself does not run on Zink:\n{texts[0].stdout[-2000:]}")
        require(texts[0].returncode == texts[1].returncode, f"{program[0]} ended with {texts[1].returncode}")
        # How much memory is free changes by itself.
        lines = [{line for line in text.stdout.splitlines() if "MB" not in line} for text in texts]
        require(lines[0] == lines[1], f"{program[0]} says {lines[0] ^ lines[1]}")


def shoot_cube(bench, name, tongs, variables=None, is_there=lambda picture: True):
    """vkcube while it spins, as soon as the picture has it and what `is_there` waits for. Escape ends it."""
    process = bench.start(["vkcube", "--width", "500", "--height", "500"], tongs, variables)
    picture = bench.screen.wait_for(
        process, lambda picture: picture.colours(250, 250, 200, 200) > 200 and is_there(picture))
    bench.screen.press("Escape")
    text = bench.finish(process)
    require(picture, f"vkcube, {name}, {'by itself' if tongs is None else 'under Tongs'}: "
            "the picture lacks what it should have")
    picture.save(os.path.join(bench.out, f"vkcube-{name}{'' if tongs is None else '-tongs'}.png"))
    return picture, text


# vkcube's window is at 100, 100. Parts of it where the cube never is:
CORNER = (102, 102, 160, 60)
EDGE = (590, 590)


def vkcube(bench):
    for tongs in (None, []):
        picture, _ = shoot_cube(bench, "alone", tongs)
        require(picture.colours(*CORNER) == 1, "something is drawn beside the cube")
    _, text = shoot_cube(bench, "validated", ["--validation"])
    require("Validation Error" not in text, text[-2000:])


def mangohud(bench):
    """It draws text over the corner, with and without Tongs."""
    for tongs in (None, []):
        shoot_cube(bench, "mangohud", tongs, {"MANGOHUD": "1", "MANGOHUD_CONFIG": "fps,no_small_font"},
                   lambda picture: picture.colours(*CORNER) > 10)


def write_inverse(bench):
    """A table of colours that turns each into its opposite, for vkBasalt."""
    table, config = bench.path("inverse.CUBE"), bench.path("vkBasalt.conf")
    with open(table, "w") as file:
        file.write("LUT_3D_SIZE 2\n")
        for i in range(8):
            file.write(f"{1 - (i & 1)}.0 {1 - (i >> 1 & 1)}.0 {1 - (i >> 2)}.0\n")
    with open(config, "w") as file:
        file.write(f'effects = lut\nlutFile = "{table}"\nenableOnLaunch = True\n')
    return {"ENABLE_VKBASALT": "1", "VKBASALT_CONFIG_FILE": config}


def vkbasalt(bench):
    """It turns the background into its opposite, with and without Tongs."""
    plain, _ = shoot_cube(bench, "alone", None)
    wanted = [255 - value for value in plain.pixel(*EDGE)]
    for tongs in (None, []):
        shoot_cube(bench, "vkbasalt", tongs, write_inverse(bench),
                   lambda picture: max(abs(a - b) for a, b in zip(picture.pixel(*EDGE), wanted)) <= 2)


def mangohud_and_vkbasalt(bench):
    for tongs in (None, []):
        shoot_cube(bench, "both", tongs,
                   {**write_inverse(bench), "MANGOHUD": "1", "MANGOHUD_CONFIG": "fps,no_small_font"},
                   lambda picture: picture.colours(*CORNER) > 10 and picture.pixel(*EDGE)[0] > 128)


def above(bench, layer):
    """Variables by which an explicit layer of the system is above Tongs."""
    of_run = dict(line.split("=", 1) for line in bench.run(
        [bench.tongs, "run", "--print-env"], None).splitlines())
    return {  # older loaders order layers by folder, newer ones by name
        "VK_ADD_LAYER_PATH": "/usr/share/vulkan/explicit_layer.d:" + of_run["VK_ADD_LAYER_PATH"],
        "VK_INSTANCE_LAYERS": layer + ":" + of_run["VK_INSTANCE_LAYERS"],
    }


def mesa_overlay(bench):
    """An explicit layer: below Tongs, where `tongs run` puts it, and above, by the loader's variables."""
    overlay = "VK_LAYER_MESA_overlay"
    for tongs in (None, []):
        shoot_cube(bench, "mesa-overlay", tongs, {"VK_INSTANCE_LAYERS": overlay},
                   lambda picture: picture.colours(*CORNER) > 10)
    shoot_cube(bench, "mesa-overlay-above", None, above(bench, overlay),
               lambda picture: picture.colours(*CORNER) > 10)


def renderdoc(bench):
    """Its layer hides the extension: vkcube is unaffected, and `tongs info` names the layer."""
    if not os.path.exists("/usr/share/vulkan/implicit_layer.d/renderdoc_capture.json"):
        raise Missing("no RenderDoc")
    variables = {"ENABLE_VULKAN_RENDERDOC_CAPTURE": "1"}
    for tongs in (None, []):
        shoot_cube(bench, "renderdoc", tongs, variables)
    info = subprocess.run([bench.tongs, "info"], env={**bench.environment, **variables}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    require(info.returncode == 1 and "a layer above Tongs hides VK_EXT_external_memory_metal" in info.stdout and
            "VK_LAYER_RENDERDOC_Capture" in info.stdout, f"tongs info says {info.stdout}")


def info_under_layers(bench):
    """Layers that hide nothing leave the extension to programs."""
    for variables in ({}, {"MANGOHUD": "1"}, write_inverse(bench), {"VK_INSTANCE_LAYERS": "VK_LAYER_MESA_overlay"}):
        text = bench.run([bench.tongs, "info", "--json"], None, variables)
        # Layers print, too.
        info, _ = json.JSONDecoder().raw_decode(text, text.index('{\n'))
        require(any(device["shares"] for device in info["devices"]), f"nothing is shared with {variables}")


def example(bench):
    """The README's program: right under overlays, and an error, not a crash, where a layer above hides its commands."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    build = os.path.dirname(os.path.dirname(os.path.dirname(bench.tongs)))
    program, metal = bench.path("example"), os.path.join(build, "src")
    bench.run(["cc", os.path.join(source, "examples/export_buffer.c"), "-o", program,
               "-I", os.path.join(source, "include"), "-I", os.path.join(build, "include"),
               "-L", metal, f"-Wl,-rpath,{metal}", "-ltongs", "-lvulkan"], None)
    for variables in ({}, {"MANGOHUD": "1"}, write_inverse(bench)):
        text = bench.run([program], [], variables)
        require("written through Vulkan" in text, f"with {variables} it says {text}")
    for layer, variables in {"RenderDoc": {"ENABLE_VULKAN_RENDERDOC_CAPTURE": "1"},
                             "validation above": above(bench, "VK_LAYER_KHRONOS_validation")}.items():
        process = bench.start([program], None if "VK_INSTANCE_LAYERS" in variables else [], variables)
        text, _ = process.communicate(timeout=SECONDS)
        wanted = "written through Vulkan" if process.returncode == 0 else "VkResult"
        require(process.returncode in (0, 1) and wanted in text,
                f"with {layer} it ended with {process.returncode}:\n{text[-2000:]}")


CHECKS = [mpv_gpu_next, mpv_gpu, ffmpeg_scale_vulkan, ffmpeg_libplacebo, gstreamer, zink, vkcube, mangohud, vkbasalt,
          mangohud_and_vkbasalt, mesa_overlay, renderdoc, info_under_layers, example]


def main():
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    wanted = os.environ.get("PROGRAMS", "").split()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder, Screen() as screen:
        out = os.path.abspath(sys.argv[2] if len(sys.argv) > 2 else folder)
        os.makedirs(out, exist_ok=True)
        bench = Bench(os.path.abspath(sys.argv[1]), out, folder, screen.display)
        bench.screen = screen
        for check in CHECKS:
            if wanted and check.__name__ not in wanted:
                continue
            start = time.monotonic()
            try:
                check(bench)
                verdict, passed = "ok", passed + 1
            except Missing as missing:
                verdict = f"skipped, {missing}"
            except (Failure, subprocess.SubprocessError, OSError, ValueError) as failure:
                verdict, failed = f"FAILED: {failure}", failed + 1
            print(f"{check.__name__} ({time.monotonic() - start:.1f} s): {verdict}", flush=True)
    print(f"programs: {passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
