# SPDX-License-Identifier: MIT
"""An X server without a screen, and pictures of what programs draw on it."""
import os
import subprocess
import time

WIDTH, HEIGHT = 800, 600


class Screen:
    def __enter__(self):
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"],
            pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        self.display = ":" + number
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()

    def grab(self):
        """The picture that the server shows now."""
        raw = subprocess.run(
            ["ffmpeg", "-v", "error", "-nostdin", "-f", "x11grab", "-draw_mouse", "0",
             "-video_size", f"{WIDTH}x{HEIGHT}", "-i", self.display, "-frames:v", "1",
             "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
            check=True, stdout=subprocess.PIPE, timeout=60).stdout
        return Picture(WIDTH, HEIGHT, raw)


    def wait_for(self, process, is_there, seconds=30):
        """The first picture for which `is_there` is true, and the next one, too; None if there is none in time."""
        picture, seen, end = None, 0, time.monotonic() + seconds
        while process.poll() is None and seen < 2 and time.monotonic() < end:
            time.sleep(0.1)
            picture = self.grab()
            seen = seen + 1 if is_there(picture) else 0
        return picture if seen == 2 else None

    def press(self, key):
        """In the window that is there."""
        environment = {**os.environ, "DISPLAY": self.display}
        windows = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", ".*"], env=environment,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60).stdout
        if windows:
            subprocess.run(["xdotool", "windowfocus", "--sync", windows.split()[-1], "key", key], env=environment,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)


class Picture:
    def __init__(self, width, height, raw):
        if len(raw) != 3 * width * height:
            raise ValueError(f"{len(raw)} bytes are no {width}x{height}")
        self.width, self.height, self.raw = width, height, raw

    def save(self, path):
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
             "-video_size", f"{self.width}x{self.height}", "-i", "-", "-frames:v", "1", path],
            check=True, input=self.raw)

    def pixel(self, x, y):
        at = 3 * (y * self.width + x)
        return tuple(self.raw[at:at + 3])

    def colours(self, left=0, top=0, width=None, height=None):
        """How many different colours a part has."""
        width, height = width or self.width - left, height or self.height - top
        return len({self.pixel(x, y) for y in range(top, top + height) for x in range(left, left + width)})

    def largest_difference(self, other):
        if (self.width, self.height) != (other.width, other.height):
            return 256
        return max(abs(a - b) for a, b in zip(self.raw, other.raw))
