import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.Callable;

import org.infinispan.client.hotrod.RemoteCache;
import org.infinispan.client.hotrod.RemoteCacheManager;
import org.infinispan.client.hotrod.configuration.ConfigurationBuilder;
import org.infinispan.commons.configuration.XMLStringConfiguration;

/** One client at one protocol version: its manager, a cache of its own that is empty when a case starts, and checks. */
public final class Run {
   static final String USER = "admin";
   static final String PASSWORD = "pass";
   private static final String PREFIX = "infinispan.client.hotrod.";
   private static final int WAIT_MS = 15000;

   final String label;     // the client's first number
   final String name;      // also the cache's: every run has its own
   final int port;
   final String version;   // "2.5", "AUTO"
   final int protocol;     // 25; 99 for AUTO
   final boolean first;
   RemoteCacheManager manager;
   RemoteCache<String, String> cache;
   private final List<RemoteCacheManager> managers = new ArrayList<>();

   Run(String label, int port, String version, boolean first) {
      this.label = label;
      this.name = "run-" + label + "-" + version;
      this.port = port;
      this.version = version;
      this.protocol = version.equals("AUTO") ? 99 : Integer.parseInt(version.replace(".", ""));
      this.first = first;
   }

   Properties properties(String mechanism, String user, String password) {
      Properties p = new Properties();
      p.setProperty(PREFIX + "server_list", "127.0.0.1:" + port);
      if (protocol != 99) {  // AUTO is what they do unasked; the client 12 does not take the word
         p.setProperty(PREFIX + "protocol_version", version);
      }
      p.setProperty(PREFIX + "use_auth", "true");
      p.setProperty(PREFIX + "sasl_mechanism", mechanism);
      p.setProperty(PREFIX + "auth_username", user);
      p.setProperty(PREFIX + "auth_password", password);
      p.setProperty(PREFIX + "auth_realm", "default");
      p.setProperty(PREFIX + "auth_server_name", "infinispan");
      p.setProperty(PREFIX + "socket_timeout", "10000");
      p.setProperty(PREFIX + "connect_timeout", "10000");
      p.setProperty(PREFIX + "max_retries", "0");
      return p;
   }

   Properties properties() {
      return properties("DIGEST-MD5", USER, PASSWORD);
   }

   RemoteCacheManager connect(Properties properties) {
      RemoteCacheManager made = new RemoteCacheManager(new ConfigurationBuilder().withProperties(properties).build());
      synchronized (managers) {
         managers.add(made);
      }
      return made;
   }

   void open() {
      manager = connect(properties());
      manager.administration().removeCache(name);
      cache = create(name, "<local-cache statistics=\"true\"/>");
   }

   <K, V> RemoteCache<K, V> create(String cacheName, String xml) {
      return manager.administration().createCache(cacheName, new XMLStringConfiguration(xml));
   }

   /** A cache beside the run's own, removed by the caller. */
   String beside(String suffix) {
      return name + "-" + suffix;
   }

   void close() {
      manager.administration().removeCache(name);
      for (RemoteCacheManager m : managers) {
         stop(m);
      }
   }

   /** Beside what follows: the newer clients take two seconds for it. */
   static void stop(RemoteCacheManager manager) {
      Thread stopping = new Thread(manager::stop);
      stopping.setDaemon(true);
      stopping.start();
   }

   static void equal(Object expected, Object actual) {
      boolean same = expected instanceof byte[] && actual instanceof byte[] ? Arrays.equals((byte[]) expected, (byte[]) actual) : Objects.equals(expected, actual);
      if (!same) {
         throw new AssertionError("expected " + shown(expected) + ", got " + shown(actual));
      }
   }

   private static String shown(Object value) {
      String text = value instanceof byte[] ? Arrays.toString((byte[]) value) : String.valueOf(value);
      return text.length() > 300 ? text.substring(0, 300) + "..." : text;
   }

   static void yes(boolean condition, String what) {
      if (!condition) {
         throw new AssertionError(what);
      }
   }

   /** Must fail; the words of the failure and its causes. */
   static String refused(Callable<?> action) {
      try {
         action.call();
      } catch (Exception e) {
         StringBuilder words = new StringBuilder();
         for (Throwable t = e; t != null; t = t.getCause()) {
            words.append(t).append('\n');
         }
         return words.toString();
      }
      throw new AssertionError("it was not refused");
   }

   static void refused(Callable<?> action, String word) {
      String words = refused(action);
      yes(words.contains(word), "'" + word + "' is not in: " + words);
   }

   static void until(Callable<Boolean> condition, String what) throws Exception {
      for (long end = System.currentTimeMillis() + WAIT_MS; !condition.call(); Thread.sleep(2)) {
         yes(System.currentTimeMillis() < end, "not within " + WAIT_MS + " ms: " + what);
      }
   }
}
