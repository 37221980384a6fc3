# The memory node on ROS 2 Jazzy, with the text encoder built in:
#
#     docker build -t memory_node .
#     docker run --rm --net host --ipc host -v ~/.ros:/data memory_node \
#         ros2 launch memory_node memory.launch.py memory_path:=/data/home.sqlite image:=/camera/image_raw
#
# --ipc host: pictures come through shared memory, see README.

FROM python:3.12-slim AS encoder
COPY requirements /src/requirements
RUN pip install --no-cache-dir torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu \
 && pip install --no-cache-dir -r /src/requirements/core.txt -c /src/requirements/constraints.txt
COPY . /src
RUN PYTHONPATH=/src python -m memory_node.cli.main encoder --to /encoders

FROM ros:jazzy-ros-base
RUN apt-get update && apt-get install -y --no-install-recommends \
        g++ python3-dev python3-venv python3-colcon-common-extensions \
        python3-httpx python3-jsonschema python3-matplotlib python3-networkx python3-numpy \
        python3-opencv python3-pil python3-rich python3-yaml \
        ros-jazzy-bond ros-jazzy-map-msgs ros-jazzy-nav2-msgs ros-jazzy-tf2-msgs \
        ros-jazzy-vision-msgs \
    && rm -rf /var/lib/apt/lists/*
# Ubuntu's Python is externally managed, so what it lacks is in an environment that sees it.
COPY requirements/robot.txt requirements/encoder.txt /ws/
RUN python3 -m venv --system-site-packages /opt/memory \
    && /opt/memory/bin/pip install --no-cache-dir -r /ws/robot.txt \
    && /opt/memory/bin/pip install --no-cache-dir --no-deps -r /ws/encoder.txt
COPY . /ws/src/memory_node
COPY --from=encoder /encoders /opt/encoders
WORKDIR /ws
RUN . /opt/ros/jazzy/setup.sh && . /opt/memory/bin/activate \
    && python3 -m colcon build --base-paths src/memory_node src/memory_node/msgs
ENV MEMORY_NODE_ENCODERS=/opt/encoders \
    FASTRTPS_DEFAULT_PROFILES_FILE=/ws/src/memory_node/memory_node/ros/fastdds_profile.xml
RUN printf '#!/bin/bash\nset -e\n. /opt/memory/bin/activate\n. /ws/install/setup.bash\nexec "$@"\n' \
        > /entrypoint && chmod +x /entrypoint
ENTRYPOINT ["/entrypoint"]
CMD ["ros2", "launch", "memory_node", "memory.launch.py"]
