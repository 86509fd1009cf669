import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;

/**
 * Reads a cluster with Kafka's own Java client, which shares no code with Evenkeel or kafkajs. Commands
 * come on standard input, a line each, their words separated by tabs, until it ends: topics | configs TYPE NAME...
 * | reassignments | logdirs ID... | quorum | groups | commit GROUP TOPIC PARTITION OFFSET [PARTITION OFFSET]... The
 * answer to each is lines of tab-separated fields and a line "+", or one line that begins with "!" and says why not.
 */
public final class IndependentClient {
  /** Standard output, which nobody else may write to: logs go to standard error. */
  private static final PrintStream ANSWERS = System.out;

  public static void main(String[] args) throws Exception {
    System.setOut(System.err);
    Map<String, Object> settings = Map.of(
        "bootstrap.servers", args[0],
        "request.timeout.ms", "5000",
        "default.api.timeout.ms", "20000");
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    try (Admin admin = Admin.create(settings)) {
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        List<String> words = List.of(line.split("\t"));
        try {
          carryOut(admin, words.get(0), words.subList(1, words.size()));
          ANSWERS.println("+");
        } catch (Exception error) {
          ANSWERS.println("!" + error.toString().replace('\n', ' '));
        }
        ANSWERS.flush();
      }
    }
    Runtime.getRuntime().halt(0);
  }

  private static void carryOut(Admin admin, String command, List<String> args) throws Exception {
    switch (command) {
      case "topics" -> topics(admin);
      case "configs" -> configs(admin, args);
      case "reassignments" -> reassignments(admin);
      case "logdirs" -> logDirs(admin, args);
      case "quorum" -> ANSWERS.println(admin.describeMetadataQuorum().quorumInfo().get().leaderId());
      case "groups" -> groups(admin);
      case "commit" -> commit(admin, args);
      default -> throw new IllegalArgumentException(command);
    }
  }

  private static void topics(Admin admin) throws Exception {
    List<String> names = new ArrayList<>(admin.listTopics().names().get());
    for (TopicDescription topic : new TreeMap<>(admin.describeTopics(names).allTopicNames().get()).values()) {
      for (TopicPartitionInfo partition : topic.partitions()) {
        Node leader = partition.leader();
        row(topic.name(), partition.partition(), leader == null ? -1 : leader.id(),
            ids(partition.replicas()), ids(partition.isr()));
      }
    }
  }

  private static void configs(Admin admin, List<String> args) throws Exception {
    ConfigResource.Type type = ConfigResource.Type.valueOf(args.get(0).toUpperCase());
    List<ConfigResource> resources = new ArrayList<>();
    for (String name : args.subList(1, args.size())) resources.add(new ConfigResource(type, name));
    admin.describeConfigs(resources).all().get().forEach((resource, config) -> config.entries().stream()
        .filter(entry -> entry.source().name().startsWith("DYNAMIC"))
        .forEach(entry -> row(resource.name(), entry.name(), entry.value(), entry.source())));
  }

  private static void reassignments(Admin admin) throws Exception {
    admin.listPartitionReassignments().reassignments().get().forEach((partition, ongoing) ->
        row(partition.topic(), partition.partition(), numbers(ongoing.replicas()),
            numbers(ongoing.addingReplicas()), numbers(ongoing.removingReplicas())));
  }

  private static void logDirs(Admin admin, List<String> args) throws Exception {
    List<Integer> brokers = args.stream().map(Integer::parseInt).toList();
    admin.describeLogDirs(brokers).allDescriptions().get().forEach((broker, dirs) ->
        dirs.forEach((path, dir) -> dir.replicaInfos().forEach((partition, replica) ->
            row(broker, path, partition.topic(), partition.partition(), replica.size(), replica.isFuture()))));
  }

  private static void groups(Admin admin) throws Exception {
    List<String> ids = new ArrayList<>();
    admin.listConsumerGroups().all().get().forEach(group -> ids.add(group.groupId()));
    for (String id : ids) {
      admin.listConsumerGroupOffsets(id).partitionsToOffsetAndMetadata().get().forEach((partition, offset) ->
          row(id, partition.topic(), partition.partition(), offset.offset()));
    }
  }

  private static void commit(Admin admin, List<String> args) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> offsets = new TreeMap<>(Comparator.comparing(TopicPartition::partition));
    for (int i = 2; i < args.size(); i += 2) {
      offsets.put(new TopicPartition(args.get(1), Integer.parseInt(args.get(i))),
          new OffsetAndMetadata(Long.parseLong(args.get(i + 1))));
    }
    admin.alterConsumerGroupOffsets(args.get(0), offsets).all().get();
  }

  private static String ids(List<Node> nodes) {
    return numbers(nodes.stream().map(Node::id).toList());
  }

  private static String numbers(List<Integer> numbers) {
    return String.join(",", numbers.stream().map(String::valueOf).toList());
  }

  private static void row(Object... fields) {
    ANSWERS.println(String.join("\t", Arrays.stream(fields).map(String::valueOf).toList()));
  }
}
