"""Apache Kafka for tests: in a container where Docker answers and has its image or gets it, else as a Java process with
the jars of Maven Central.

The jars (45 MB) are fetched once, by Maven, into the user's cache folder. Where neither way is open the reason is
raised as ``Unavailable``, and the tests that need a broker are skipped with it.
"""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from tests.maven import Unavailable, jars

KAFKA_VERSION = "4.4.0"
READY_SECONDS = 60.0
STOP_SECONDS = 30.0
ARTIFACTS = (("org.apache.kafka", "kafka_2.13", KAFKA_VERSION), ("org.slf4j", "slf4j-simple", "1.7.36"))
IMAGE = "apache/kafka:4.0.0"
"""That of docker-compose.yml."""
PULL_SECONDS = 300.0
CONTROLLER_PORT = 9093
DATA = {"log.dirs": "/var/lib/kafka/data"}
"""Both in the container."""
SETTINGS = {
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "broker.session.timeout.ms": "1500",
    "broker.heartbeat.interval.ms": "300",
    "controller.socket.timeout.ms": "2000",
    "log.retention.check.interval.ms": "500",
    "log.cleaner.backoff.ms": "100",
    "log.cleaner.dedupe.buffer.size": "2097152",
    "socket.request.max.bytes": "200000000",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
}
"""Of one node, for tests: back soon after a crash or a pause, for which time its own requests to its controller may be
lost. All is allowed but what ``RealBroker.denied`` forbids."""
LOST = (KafkaError._TIMED_OUT, KafkaError.REQUEST_TIMED_OUT, KafkaError._TRANSPORT)
"""What the client says of a request whose answer did not come."""
QUICK_START = ("-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@dataclass(slots=True)
class RealBroker:
    """A running broker. It keeps its data and its address when it is stopped (SIGTERM) or killed (SIGKILL), and started
    again; pause and resume freeze it for a while. Where it runs already, start does nothing."""

    address: str
    stop: Callable[[], None]
    start: Callable[[], None]
    kill: Callable[[], None]
    pause: Callable[[], None]
    resume: Callable[[], None]
    folder: Path | None = None
    """Of its data, a folder for each partition; None where it is not at hand."""

    def create_topic(self, topic: str, partitions: int = 1, **settings: str) -> None:
        """Make the topic; it is there when this returns. settings: those of the topic, `_` for `.`."""
        admin = self._admin()
        config = {name.replace("_", "."): value for name, value in settings.items()}
        new = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=config)
        deadline = time.monotonic() + READY_SECONDS
        while not self._created(admin, new):
            assert time.monotonic() < deadline
        while admin.list_topics(topic, timeout=10).topics[topic].error is not None:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def configure_topic(self, topic: str, **settings: str) -> None:
        """Set what a topic was not made with."""
        entries = [
            ConfigEntry(name.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
            for name, value in settings.items()
        ]
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
        admin = self._admin()
        admin.incremental_alter_configs([resource])[resource].result(30)

    def delete_topic(self, topic: str) -> None:
        """Delete the topic; it is gone when this returns."""
        admin = self._admin()
        admin.delete_topics([topic])[topic].result(30)
        deadline = time.monotonic() + 30
        while topic in admin.list_topics(timeout=10).topics:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def add_partitions(self, topic: str, count: int) -> None:
        """Let the topic have so many partitions; they are there when this returns."""
        admin = self._admin()
        admin.create_partitions([NewPartitions(topic, count)])[topic].result(30)
        deadline = time.monotonic() + 30
        while len(admin.list_topics(topic, timeout=10).topics[topic].partitions) < count:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def delete_messages(self, topic: str, partition: int, before: int) -> None:
        """Have the broker forget the messages before this offset, as retention does."""
        admin, oldest = self._admin(), TopicPartition(topic, partition, before)
        admin.delete_records([oldest])[oldest].result(30)

    def group_offsets(self, group: str) -> dict[tuple[str, int], int]:
        """What the broker was told of a consumer group: (topic, partition) → next offset."""
        admin, asked = self._admin(), ConsumerGroupTopicPartitions(group)
        told = admin.list_consumer_group_offsets([asked])[group].result(30).topic_partitions
        return {(entry.topic, entry.partition): entry.offset for entry in told or ()}

    def groups(self) -> list[str]:
        """All consumer groups that it knows."""
        admin = self._admin()
        return [group.group_id for group in admin.list_consumer_groups().result(30).valid]

    @contextmanager
    def denied(self, kind: ResourceType, name: str, operation: AclOperation) -> Iterator[None]:
        """Everybody is refused this for the time of the block."""
        admin = self._admin()
        rule = (kind, name, ResourcePatternType.LITERAL, "User:ANONYMOUS", "*", operation, AclPermissionType.DENY)
        # an operation without any rule would be allowed, and with one is not: all others are allowed by name
        others = (*rule[:5], AclOperation.ALL, AclPermissionType.ALLOW)
        bindings = [AclBinding(*rule), AclBinding(*others)]
        for made in admin.create_acls(bindings).values():
            made.result(30)
        try:
            yield
        finally:
            filters = [AclBindingFilter(*rule), AclBindingFilter(*others)]
            for deleted in admin.delete_acls(filters).values():
                deleted.result(30)

    def produce(
        self,
        topic: str,
        values: Sequence[bytes | None],
        partition: int = 0,
        *,
        compression: str = "none",
        key: bytes | None = None,
    ) -> None:
        """Append these messages to one partition, in order; they are there when this returns."""
        producer = Producer(
            {
                "bootstrap.servers": self.address,
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.max.bytes": 200_000_000,
                "compression.type": compression,
            }
        )
        for value in values:
            producer.produce(topic, value, partition=partition, key=key)
            producer.poll(0)
        assert producer.flush(30) == 0

    def produce_in_transaction(self, topic: str, values: Sequence[bytes], *, commits: bool) -> None:
        """Append these messages in one transaction, and commit or abort it."""
        producer = Producer({"bootstrap.servers": self.address, "transactional.id": f"transaction-{topic}"})
        producer.init_transactions(30)
        producer.begin_transaction()
        for value in values:
            producer.produce(topic, value, partition=0)
        producer.flush(30)
        if commits:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)

    @staticmethod
    def _created(admin: AdminClient, new: NewTopic) -> bool:
        """Ask once. Whether the topic is there: a broker that was paused may lose the request, or its answer."""
        try:
            admin.create_topics([new], operation_timeout=5, request_timeout=10)[new.topic].result(15)
        except KafkaException as error:
            code = error.args[0].code()
            if code in LOST:
                return False
            if code != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
        return True

    def _admin(self) -> AdminClient:
        """To be held until its answer is there."""
        return AdminClient({"bootstrap.servers": self.address})


@contextmanager
def real_broker() -> Iterator[RealBroker]:
    """A broker for the time of the block. Raises Unavailable."""
    with _in_docker() if _docker_has_images() else _in_java() as broker:
        yield broker


def _docker_has_images() -> bool:
    """Whether Docker answers, and has the images or gets them: a machine may have the engine and no registry."""
    docker = shutil.which("docker")
    if docker is None or not _ends_well([docker, "info"], 30):
        return False
    images = [IMAGE] if testcontainers_config.ryuk_disabled else [IMAGE, testcontainers_config.ryuk_image]
    return all(
        _ends_well([docker, "image", "inspect", image], 30) or _ends_well([docker, "pull", image], PULL_SECONDS)
        for image in images
    )


def _ends_well(command: list[str], seconds: float) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=seconds, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


@contextmanager
def _in_docker() -> Iterator[RealBroker]:
    port = _free_port()  # the same inside, so that the address outlives a restart
    container = DockerContainer(IMAGE).with_bind_ports(port, port)
    for name, value in (_of_one_node("0.0.0.0", port, CONTROLLER_PORT) | DATA | SETTINGS).items():
        container.with_env(f"KAFKA_{name.replace('.', '_').upper()}", value)
    with container:
        wrapped = container.get_wrapped_container()
        address = f"127.0.0.1:{port}"

        def start() -> None:
            wrapped.start()
            _wait_until_ready(address, lambda: True, lambda: wrapped.logs().decode(errors="replace"))

        def resume() -> None:
            wrapped.reload()
            if wrapped.status == "paused":
                wrapped.unpause()

        start()
        yield RealBroker(address, wrapped.stop, start, wrapped.kill, wrapped.pause, resume)


# ---------------------------------------------------------------------------------------------- as a process of Java


@contextmanager
def _in_java() -> Iterator[RealBroker]:
    folder_of_jars = _jars()
    with tempfile.TemporaryDirectory(prefix="kafka-") as folder:
        port = _free_port()
        _format(Path(folder), folder_of_jars, port)
        processes: list[subprocess.Popen[bytes]] = []

        log_file = Path(folder, "log")

        def start() -> None:
            if processes:
                return
            with log_file.open("ab") as log:
                command = ["java", *QUICK_START, "-cp", f"{folder_of_jars}/*", "kafka.Kafka", "server.properties"]
                process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
            processes.append(process)
            _wait_until_ready(
                f"127.0.0.1:{port}", lambda: process.poll() is None, lambda: log_file.read_text(errors="replace")
            )

        def send(number: int) -> None:
            for process in processes:
                process.send_signal(number)

        def end(number: int) -> None:
            while processes:
                process = processes.pop()
                process.send_signal(signal.SIGCONT)
                process.send_signal(number)
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

        try:
            start()
            yield RealBroker(
                f"127.0.0.1:{port}",
                stop=lambda: end(signal.SIGTERM),
                start=start,
                kill=lambda: end(signal.SIGKILL),
                pause=lambda: send(signal.SIGSTOP),
                resume=lambda: send(signal.SIGCONT),
                folder=Path(folder, "data"),
            )
        finally:
            end(signal.SIGTERM)


def _jars() -> Path:
    """The folder of Kafka's jars. Raises Unavailable."""
    try:
        return jars(f"kafka-{KAFKA_VERSION}", ARTIFACTS)
    except Unavailable as reason:
        raise Unavailable(f"no Docker with the image {IMAGE}, and {reason}") from reason


def _format(folder: Path, folder_of_jars: Path, port: int) -> None:
    """Write the configuration of one node and prepare its storage."""
    properties = _of_one_node("127.0.0.1", port, _free_port()) | {"log.dirs": "data"} | SETTINGS
    lines = "".join(f"{key}={value}\n" for key, value in properties.items())
    (folder / "server.properties").write_text(lines)
    arguments = ["format", "-t", str(uuid.uuid4()), "-c", "server.properties"]
    command = ["java", *QUICK_START, "-cp", f"{folder_of_jars}/*", "kafka.tools.StorageTool", *arguments]
    formatted = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if formatted.returncode != 0:
        raise Unavailable(f"Kafka's storage cannot be prepared: {formatted.stderr[-500:]}")


def _of_one_node(host: str, port: int, controller: int) -> dict[str, str]:
    """The properties of broker and controller in one, which listens to clients at that address."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://{host}:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    }


def _wait_until_ready(address: str, lives: Callable[[], bool], read_log: Callable[[], str]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    host, _, port = address.rpartition(":")
    while time.monotonic() < deadline and lives():
        try:
            socket.create_connection((host, int(port)), 0.2).close()
            if AdminClient({"bootstrap.servers": address}).list_topics(timeout=2).brokers:
                return
        except (OSError, KafkaException):
            time.sleep(0.2)
    raise Unavailable(f"Kafka did not start: {read_log()[-1_000:]}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
