"""Pictures of plates on a wall, with their depth, as a pinhole camera takes them."""

from __future__ import annotations

from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FOCAL_PX = 500.0
SIZE = (640, 480)
_FONT = Path(matplotlib.__file__).parent / 'mpl-data' / 'fonts' / 'ttf' / 'DejaVuSans-Bold.ttf'
_TEXTURE_PX_PER_M = 1500


def texture(lines, width_m, height_m):
    """Draw a plate with its lines one below the other, as large as they fit."""
    width, height = int(width_m * _TEXTURE_PX_PER_M), int(height_m * _TEXTURE_PX_PER_M)
    image = Image.new('RGB', (width, height), (235, 235, 230))
    draw = ImageDraw.Draw(image)
    room = 0.86 * height / len(lines)
    for row, line in enumerate(lines):
        size = int(0.8 * room)
        while draw.textlength(line, font=ImageFont.truetype(_FONT, size)) > 0.86 * width:
            size -= 2
        middle = (width / 2, 0.07 * height + (row + 0.5) * room)
        font = ImageFont.truetype(_FONT, size)
        draw.text(middle, line, font=font, fill=(20, 20, 20), anchor='mm')
    return np.asarray(image)


def wall_with_plates(plates, distance_m, angle_deg=0.0, *, seed=0):
    """
    Return an RGB picture and the depth [m] of a wall with plates.

    ``plates`` are (lines, x, y) with x to the right and y down along the wall from its middle [m];
    each plate is 0.24 m by 0.14 m. The wall's middle is ``distance_m`` ahead, and it is turned by
    ``angle_deg`` about the vertical.
    """
    angle = np.deg2rad(angle_deg)
    along = np.array([np.cos(angle), 0.0, np.sin(angle)])
    normal = np.array([-np.sin(angle), 0.0, np.cos(angle)])
    centre = np.array([0.0, 0.0, distance_m])
    width, height = SIZE
    fine = 4
    picture = np.full((height * fine, width * fine, 3), (200, 195, 180), np.uint8)
    for lines, x, y in plates:
        drawn = texture(lines, 0.24, 0.14)
        corners = [(-0.12, -0.07), (0.12, -0.07), (0.12, 0.07), (-0.12, 0.07)]
        points = [centre + (x + dx) * along + np.array([0.0, y + dy, 0.0]) for dx, dy in corners]
        seen = np.float32(
            [
                [
                    fine * (FOCAL_PX * p[0] / p[2] + width / 2),
                    fine * (FOCAL_PX * p[1] / p[2] + height / 2),
                ]
                for p in points
            ]
        )
        rows, columns = drawn.shape[:2]
        flat = np.float32([[0, 0], [columns, 0], [columns, rows], [0, rows]])
        cv2.warpPerspective(
            drawn,
            cv2.getPerspectiveTransform(flat, seen),
            (width * fine, height * fine),
            dst=picture,
            flags=cv2.INTER_AREA,
            borderMode=cv2.BORDER_TRANSPARENT,
        )
    small = cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(seed).normal(0.0, 3.0, small.shape)
    blurred = cv2.GaussianBlur(small.astype(np.float32), (0, 0), 0.6) + noise
    u, v = np.meshgrid(np.arange(width) - width / 2, np.arange(height) - height / 2)
    rays = np.stack([u / FOCAL_PX, v / FOCAL_PX, np.ones_like(u)], axis=-1)
    depth = (normal @ centre) / (rays @ normal)
    return np.clip(blurred, 0, 255).astype(np.uint8), depth.astype(np.float32)
