import static java.util.concurrent.TimeUnit.HOURS;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.infinispan.client.hotrod.MetadataValue;
import org.infinispan.client.hotrod.RemoteCache;
import org.infinispan.client.hotrod.ServerStatistics;
import org.infinispan.client.hotrod.StreamingRemoteCache;
import org.infinispan.client.hotrod.VersionedMetadata;
import org.infinispan.commons.util.CloseableIterator;

/** Many entries or large ones: getAll, putAll, clear, iteration, streams, statistics. */
final class BulkCases {
   private static final int SEGMENTS = 256;

   static void add(Cases cases) {
      cases.add("several entries at once", BulkCases::several);
      cases.add("several entries at once with a lifespan", BulkCases::severalWithLifespan);
      cases.add("keys, values and entries as collections", BulkCases::collections);
      cases.since(23, "iterates in batches", BulkCases::iterates);
      cases.since(23, "iterates over chosen segments", BulkCases::segments);
      cases.since(25, "iterates with metadata", BulkCases::iteratesWithMetadata);
      cases.since(23, "an iteration may be closed early", BulkCases::closesEarly);
      cases.since(23, "an iteration survives writes", BulkCases::iteratesDuringWrites);
      cases.since(26, "streams values in and out", BulkCases::streams);
      cases.since(26, "conditional streams", BulkCases::conditionalStreams);
      cases.since(26, "streams with metadata", BulkCases::streamsWithMetadata);
      cases.add("statistics count", BulkCases::statistics);
      cases.add("the topology of a local cache", BulkCases::topology);
   }

   static Map<String, String> fill(RemoteCache<String, String> cache, int count) {
      Map<String, String> all = new HashMap<>();
      for (int i = 0; i < count; ++i) {
         all.put("k" + i, "v" + i);
      }
      cache.putAll(all);
      return all;
   }

   private static void several(Run r) {
      Map<String, String> all = fill(r.cache, 40);
      Run.equal(40, r.cache.size());
      Run.equal(Map.of("k1", "v1", "k39", "v39"), r.cache.getAll(Set.of("k1", "k39", "absent")));
      Run.equal(Map.of(), r.cache.getAll(Set.of("absent")));
      Run.equal(all, r.cache.getAll(all.keySet()));
      r.cache.clear();
      Run.equal(0, r.cache.size());
      Run.equal(Map.of(), r.cache.getAll(all.keySet()));
   }

   private static void severalWithLifespan(Run r) {
      r.cache.putAll(Map.of("a", "1", "b", "2"), 2, HOURS, 1, HOURS);
      for (String key : Set.of("a", "b")) {
         Run.equal(7200, r.cache.getWithMetadata(key).getLifespan());
         Run.equal(3600, r.cache.getWithMetadata(key).getMaxIdle());
      }
   }

   private static void collections(Run r) {
      if (r.protocol < 23) {
         Run.equal(fill(r.cache, 5).keySet(), new HashSet<>(r.cache.keySet()));
         return;
      }
      Map<String, String> all = fill(r.cache, 50);
      Run.equal(all.keySet(), r.cache.keySet().stream().collect(Collectors.toSet()));
      Run.equal(new HashSet<>(all.values()), r.cache.values().stream().collect(Collectors.toSet()));
      Run.equal(all, r.cache.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
   }

   private static Map<Object, Object> drain(CloseableIterator<Map.Entry<Object, Object>> iterator) {
      Map<Object, Object> seen = new HashMap<>();
      try (CloseableIterator<Map.Entry<Object, Object>> it = iterator) {
         while (it.hasNext()) {
            Map.Entry<Object, Object> entry = it.next();
            Run.yes(seen.put(entry.getKey(), entry.getValue()) == null, entry.getKey() + " came twice");
         }
      }
      return seen;
   }

   private static void iterates(Run r) {
      Run.equal(Map.of(), drain(r.cache.retrieveEntries(null, 10)));
      Map<String, String> all = fill(r.cache, 300);
      for (int batch : new int[] {1, 7, 300, 5000}) {
         Run.equal(all, drain(r.cache.retrieveEntries(null, batch)));
      }
   }

   private static void segments(Run r) {
      Map<String, String> all = fill(r.cache, 300);
      Set<Integer> low = IntStream.range(0, SEGMENTS / 2).boxed().collect(Collectors.toSet());
      Set<Integer> high = IntStream.range(SEGMENTS / 2, SEGMENTS).boxed().collect(Collectors.toSet());
      Map<Object, Object> both = drain(r.cache.retrieveEntries(null, low, 50));
      both.putAll(drain(r.cache.retrieveEntries(null, high, 50)));  // these clients ask for all where a cache has no owners
      Run.equal(all, both);
   }

   private static void iteratesWithMetadata(Run r) {
      Map<String, String> all = fill(r.cache, 20);
      r.cache.put("mortal", "v", 1, HOURS);
      int seen = 0;
      try (CloseableIterator<Map.Entry<Object, MetadataValue<Object>>> it = r.cache.retrieveEntriesWithMetadata(null, 6)) {
         for (; it.hasNext(); ++seen) {
            Map.Entry<Object, MetadataValue<Object>> entry = it.next();
            boolean mortal = entry.getKey().equals("mortal");
            Run.equal(mortal ? "v" : all.get(entry.getKey()), entry.getValue().getValue());
            Run.equal(mortal ? 3600 : -1, entry.getValue().getLifespan());
            Run.equal(r.cache.getWithMetadata((String) entry.getKey()).getVersion(), entry.getValue().getVersion());
         }
      }
      Run.equal(21, seen);
   }

   private static void closesEarly(Run r) {
      fill(r.cache, 100);
      for (int i = 0; i < 20; ++i) {
         try (CloseableIterator<Map.Entry<Object, Object>> it = r.cache.retrieveEntries(null, 5)) {
            it.next();
         }
      }
      Run.equal(100, drain(r.cache.retrieveEntries(null, 100)).size());
   }

   private static void iteratesDuringWrites(Run r) {
      Map<String, String> all = fill(r.cache, 200);
      Set<Object> seen = new HashSet<>();
      try (CloseableIterator<Map.Entry<Object, Object>> it = r.cache.retrieveEntries(null, 3)) {
         for (int i = 0; it.hasNext(); ++i) {
            Run.yes(seen.add(it.next().getKey()), "a key came twice");
            r.cache.put("new" + i, "v");
            r.cache.remove("new" + (i / 2));
         }
      }
      Run.yes(seen.containsAll(all.keySet()), "a key that was there throughout is missing");
   }

   static byte[] noise(int size) {
      byte[] bytes = new byte[size];
      new Random(size).nextBytes(bytes);
      return bytes;
   }

   private static void write(OutputStream stream, byte[] value, int chunk) throws Exception {
      try (OutputStream out = stream) {
         for (int at = 0; at < value.length; at += chunk) {
            out.write(value, at, Math.min(chunk, value.length - at));
         }
      }
   }

   private static byte[] read(InputStream stream) throws Exception {
      try (InputStream in = stream) {
         return in == null ? null : in.readAllBytes();
      }
   }

   private static void streams(Run r) throws Exception {
      StreamingRemoteCache<String> s = r.cache.streaming();
      Run.yes(s.get("absent") == null, "an absent key has a stream");
      for (int size : new int[] {1, 1000, 100_000, 3_000_000}) {
         byte[] value = noise(size);
         write(s.put("k"), value, 70_000);
         InputStream back = s.get("k");
         Run.equal(value, read(back));
      }
   }

   private static void conditionalStreams(Run r) throws Exception {
      StreamingRemoteCache<String> s = r.cache.streaming();
      byte[] first = noise(2000);
      byte[] second = noise(3000);
      write(s.putIfAbsent("k"), first, 500);
      write(s.putIfAbsent("k"), second, 500);
      InputStream now = s.get("k");
      long version = ((VersionedMetadata) now).getVersion();
      Run.equal(first, read(now));
      write(s.replaceWithVersion("k", version), second, 5000);
      now = s.get("k");
      Run.equal(second, read(now));
      write(s.replaceWithVersion("k", version), first, 500);
      now = s.get("k");
      Run.equal(second, read(now));
   }

   private static void streamsWithMetadata(Run r) throws Exception {
      StreamingRemoteCache<String> s = r.cache.streaming();
      write(s.put("k", 2, HOURS, 1, HOURS), noise(10_000), 4096);
      InputStream in = s.get("k");
      VersionedMetadata metadata = (VersionedMetadata) in;
      Run.equal(7200, metadata.getLifespan());
      Run.equal(3600, metadata.getMaxIdle());
      Run.equal(noise(10_000), read(in));
   }

   private static long count(ServerStatistics statistics, String name) {
      return Long.parseLong(statistics.getStatistic(name));
   }

   private static void statistics(Run r) {
      ServerStatistics before = r.cache.serverStatistics();
      r.cache.put("k", "v");
      r.cache.get("k");
      r.cache.get("absent");
      r.cache.remove("k");
      r.cache.remove("absent");
      r.cache.putAll(Map.of("a", "1", "b", "2"));
      ServerStatistics after = r.cache.serverStatistics();
      Map<String, Long> grown = new HashMap<>();
      for (String name : new String[] {"stores", "hits", "misses", "removeHits", "removeMisses", "retrievals"}) {
         grown.put(name, count(after, name) - count(before, name));
      }
      Run.equal(Map.of("stores", 3L, "hits", 1L, "misses", 1L, "removeHits", 1L, "removeMisses", 1L, "retrievals", 2L), grown);
      Run.equal("2", after.getStatistic("currentNumberOfEntries"));
      Run.yes(count(after, "timeSinceStart") >= 0, "timeSinceStart");
   }

   private static void topology(Run r) {
      Run.equal(1, r.cache.getCacheTopologyInfo().getSegmentsPerServer().size());
   }

   private BulkCases() {
   }
}
