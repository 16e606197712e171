import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * The Caffeine peer of the embedded benchmarks: CaffeinePeer WORK THREADS ENTRIES WARMUP_SECONDS ROUNDS SECONDS.
 * WORK is mix (90 % get, 10 % put, zipf 0.99), get or put. Bounded at ENTRIES, entries live an hour.
 * Prints "per_second N per_cpu_second N" for each round, of the whole process's processor time; a round starts when a line arrives on standard input.
 */
public final class CaffeinePeer {
  private static volatile boolean running;

  public static void main(String[] args) throws Exception {
    String work = args[0];
    int threads = Integer.parseInt(args[1]);
    int entries = Integer.parseInt(args[2]);
    Cache<String, byte[]> cache = Caffeine.newBuilder().maximumSize(entries).expireAfterWrite(1, TimeUnit.HOURS).build();
    String[] keys = new String[entries];
    for (int i = 0; i < entries; i++) {
      keys[i] = String.format("key:%012d", i);
      cache.put(keys[i], new byte[100]);
    }
    int[] order = zipf(entries, 1 << 22);
    round(cache, keys, order, work, threads, Double.parseDouble(args[3]));
    int rounds = Integer.parseInt(args[4]);
    for (int i = 0; i < rounds; i++) {
      System.in.read();
      double[] figures = round(cache, keys, order, work, threads, Double.parseDouble(args[5]));
      System.out.printf("per_second %.0f per_cpu_second %.0f%n", figures[0], figures[1]);
      System.out.flush();
    }
    System.exit(0);
  }

  private static double[] round(Cache<String, byte[]> cache, String[] keys, int[] order, String work, int threads, double seconds) throws Exception {
    long[] done = new long[threads];
    Thread[] workers = new Thread[threads];
    running = true;
    OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = system.getProcessCpuTime();
    long start = System.nanoTime();
    for (int t = 0; t < threads; t++) {
      int id = t;
      workers[t] = new Thread(() -> done[id] = run(cache, keys, order, work, id));
      workers[t].start();
    }
    Thread.sleep((long) (seconds * 1000));
    running = false;
    for (Thread worker : workers) worker.join();
    double operations = Arrays.stream(done).sum();
    double took = (System.nanoTime() - start) / 1e9;
    return new double[] {operations / took, operations / ((system.getProcessCpuTime() - cpu) / 1e9)};
  }

  private static long run(Cache<String, byte[]> cache, String[] keys, int[] order, String work, int id) {
    long count = 0;
    int at = id * 7919;
    int putEvery = work.equals("mix") ? 10 : work.equals("put") ? 1 : Integer.MAX_VALUE;
    int mask = order.length - 1;
    while (running) {
      for (int i = 0; i < 1000; i++) {
        String key = keys[order[at++ & mask]];
        if (at % putEvery == 0) {
          cache.put(key, new byte[100]);
        } else {
          byte[] value = cache.getIfPresent(key);
          if (value != null && value.length != 100) throw new IllegalStateException("wrong value");
        }
      }
      count += 1000;
    }
    return count;
  }

  /** Ranks drawn from a zipf distribution with exponent 0.99, scattered over the keys. */
  private static int[] zipf(int n, int draws) {
    double[] cumulative = new double[n];
    double sum = 0;
    for (int i = 0; i < n; i++) cumulative[i] = sum += 1 / Math.pow(i + 1, 0.99);
    SplittableRandom random = new SplittableRandom(42);
    int[] order = new int[draws];
    for (int i = 0; i < draws; i++) {
      int rank = Arrays.binarySearch(cumulative, random.nextDouble() * sum);
      if (rank < 0) rank = -rank - 1;
      order[i] = (int) ((Math.min(rank, n - 1) * 2654435761L) % n);
    }
    return order;
  }
}
