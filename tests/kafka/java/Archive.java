import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.utils.Time;

/** Runs one broker for a moment, so that the JVM can archive the classes that a broker loads. Argument: a work directory. */
public final class Archive {
  public static void main(String[] args) throws Exception {
    Path work = Path.of(args[0]);
    int port = freePort();
    int controllerPort = freePort();
    Properties settings = new Properties();
    settings.putAll(Map.of(
        "process.roles", "broker,controller",
        "node.id", "1",
        "controller.quorum.voters", "1@127.0.0.1:" + controllerPort,
        "controller.listener.names", "CONTROLLER",
        "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
        "log.dirs", work.resolve("data").toString(),
        "log.cleaner.dedupe.buffer.size", "2097152"));
    Path file = work.resolve("server.properties");
    try (var out = Files.newOutputStream(file)) {
      settings.store(out, null);
    }
    String[] format = {"format", "-t", "AAAAAAAAQACAAAAAAAAAAA", "-c", file.toString()};
    if (StorageTool.execute(format, System.out) != 0) throw new IllegalStateException("format failed");
    KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(settings), Time.SYSTEM);
    server.startup();
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", "127.0.0.1:" + port))) {
      admin.createTopics(List.of(new NewTopic("t", 2, (short) 1))).all().get();
      admin.describeTopics(List.of("t")).allTopicNames().get();
      admin.describeLogDirs(List.of(1)).allDescriptions().get();
    }
    server.shutdown();
    System.exit(0);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
