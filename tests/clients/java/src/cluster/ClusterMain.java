import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.LogManager;
import org.infinispan.client.hotrod.RemoteCache;
import org.infinispan.client.hotrod.RemoteCacheManager;
import org.infinispan.client.hotrod.configuration.ConfigurationBuilder;
import org.infinispan.commons.marshall.UTF8StringMarshaller;

/**
 * Works on a cluster until it is told to stop (a line on standard input), while nodes come and go. Each thread writes 1, 2, 3, ... to keys
 * of its own and reads them back; every read must show the latest write that was acknowledged. Arguments: the servers, "host:port;host:port".
 */
public class ClusterMain {
   static final int THREADS = 4, KEYS = 50;
   static final AtomicLong operations = new AtomicLong();
   static final List<String> errors = new ArrayList<>();
   static volatile boolean stopping;

   static void fail(String text) {
      synchronized (errors) {
         errors.add(text);
      }
   }

   static void work(RemoteCache<String, String> cache, int thread) {
      long[] acknowledged = new long[KEYS];
      for (long n = 1; !stopping; ++n) {
         int k = (int) (n * 7 % KEYS);
         String key = thread + "/" + k;
         try {
            cache.put(key, Long.toString(n));
            acknowledged[k] = n;
            String seen = cache.get(key);
            if (!Long.toString(n).equals(seen)) fail(key + ": " + n + " was acknowledged, but " + seen + " was read");
            operations.addAndGet(2);
         } catch (Exception e) {
            fail(key + ": " + e);
            acknowledged[k] = -1;
         }
      }
      for (int k = 0; k < KEYS; ++k) {
         String seen = cache.get(thread + "/" + k);
         if (acknowledged[k] > 0 && !Long.toString(acknowledged[k]).equals(seen)) fail(thread + "/" + k + ": " + acknowledged[k] + " was acknowledged, but " + seen + " is there in the end");
      }
   }

   public static void main(String[] arguments) throws Exception {
      LogManager.getLogManager().reset();
      ConfigurationBuilder builder = new ConfigurationBuilder();
      builder.addServers(arguments[0]);
      builder.remoteCache("dist").marshaller(new UTF8StringMarshaller());
      try (RemoteCacheManager manager = new RemoteCacheManager(builder.build())) {
         RemoteCache<String, String> cache = manager.getCache("dist");
         List<Thread> threads = new ArrayList<>();
         for (int i = 0; i < THREADS; ++i) {
            int thread = i;
            threads.add(new Thread(() -> work(cache, thread)));
         }
         for (Thread t : threads) t.start();
         while (operations.get() == 0) Thread.sleep(1);
         System.out.println("working");
         new BufferedReader(new InputStreamReader(System.in)).readLine();
         stopping = true;
         for (Thread t : threads) t.join();
         System.out.println("servers " + cache.getCacheTopologyInfo().getSegmentsPerServer().size());
      }
      System.out.println("operations " + operations.get());
      for (int i = 0; i < Math.min(errors.size(), 10); ++i) System.out.println("error " + errors.get(i));
      System.out.println("errors " + errors.size());
      System.out.println("done");
      System.exit(0);
   }
}
