import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import org.infinispan.client.hotrod.DataFormat;
import org.infinispan.client.hotrod.RemoteCache;
import org.infinispan.commons.dataconversion.MediaType;
import org.infinispan.commons.marshall.IdentityMarshaller;
import org.infinispan.commons.marshall.UTF8StringMarshaller;

/** Keys and values in a format of the request's choice (the server converts), and caches with a declared encoding. */
final class FormatCases {
   private static final String ENCODED = "<local-cache><encoding media-type=\"%s\"/></local-cache>";

   static void add(Cases cases) {
      cases.since(28, "text into a text cache", FormatCases::textCache);
      cases.since(28, "JSON and text of one cache", FormatCases::jsonCache);
      cases.since(28, "bytes into a cache of bytes", FormatCases::bytes);
      cases.since(28, "text and bytes of one protostream cache", FormatCases::protostream);
      cases.since(28, "a conversion that there is none for is refused", FormatCases::impossible);
      cases.since(29, "the client takes the format that the cache declares", FormatCases::declared);
   }

   static <K, V> RemoteCache<String, String> text(RemoteCache<K, V> cache) {
      return cache.withDataFormat(DataFormat.builder().keyType(MediaType.TEXT_PLAIN).keyMarshaller(new UTF8StringMarshaller())
                                        .valueType(MediaType.TEXT_PLAIN).valueMarshaller(new UTF8StringMarshaller()).build());
   }

   private static <K, V> RemoteCache<String, byte[]> raw(RemoteCache<K, V> cache, MediaType value) {
      return cache.withDataFormat(DataFormat.builder().keyType(MediaType.TEXT_PLAIN).keyMarshaller(new UTF8StringMarshaller())
                                        .valueType(value).valueMarshaller(IdentityMarshaller.INSTANCE).build());
   }

   /** ___protobuf_metadata: strings, in text where the protocol has media types, as protostream's wrapped strings before. */
   static RemoteCache<String, String> schemas(Run r) {
      RemoteCache<Object, Object> metadata = r.manager.getCache("___protobuf_metadata");
      if (r.protocol >= 28) {
         return text(metadata);
      }
      return metadata.withDataFormat(DataFormat.builder().keyMarshaller(new WrappedStringMarshaller()).valueMarshaller(new WrappedStringMarshaller()).build());
   }

   private static byte[] utf8(String text) {
      return text.getBytes(StandardCharsets.UTF_8);
   }

   private static String string(byte[] bytes) {
      return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
   }

   private static void textCache(Run r) {
      String name = r.beside("text");
      RemoteCache<String, String> cache = text(r.create(name, String.format(ENCODED, "text/plain")));
      cache.put("ключ", "բարեվ");
      Run.equal("բարեվ", cache.get("ключ"));
      Run.equal(Map.of("ключ", "բարեվ"), cache.getAll(Set.of("ключ")));
      Run.equal(Set.of("ключ"), cache.keySet().stream().collect(Collectors.toSet()));
      Run.equal("բարեվ", string(raw(cache, MediaType.APPLICATION_OCTET_STREAM).get("ключ")));
      r.manager.administration().removeCache(name);
   }

   private static void jsonCache(Run r) {
      String name = r.beside("json");
      RemoteCache<Object, Object> cache = r.create(name, "<local-cache><encoding><key media-type=\"text/plain\"/><value media-type=\"application/json\"/></encoding></local-cache>");
      RemoteCache<String, byte[]> json = raw(cache, MediaType.APPLICATION_JSON);
      json.put("k", utf8("{\"a\":[1,\"two\",null]}"));
      Run.equal("{\"a\":[1,\"two\",null]}", string(json.get("k")));
      Run.equal("{\"a\":[1,\"two\",null]}", text(cache).get("k"));
      r.manager.administration().removeCache(name);
   }

   private static void bytes(Run r) {
      String name = r.beside("bytes");
      RemoteCache<Object, Object> cache = r.create(name, String.format(ENCODED, "application/octet-stream"));
      RemoteCache<byte[], byte[]> bytes = cache.withDataFormat(DataFormat.builder().keyType(MediaType.APPLICATION_OCTET_STREAM).keyMarshaller(IdentityMarshaller.INSTANCE)
                                                                     .valueType(MediaType.APPLICATION_OCTET_STREAM).valueMarshaller(IdentityMarshaller.INSTANCE).build());
      byte[] key = {0, 1, -1, 127, -128};
      bytes.put(key, BulkCases.noise(500));
      Run.equal(BulkCases.noise(500), bytes.get(key));
      Run.equal(true, bytes.containsKey(key));
      r.manager.administration().removeCache(name);
   }

   private static void protostream(Run r) {
      String name = r.beside("protostream");
      RemoteCache<Object, Object> cache = r.create(name, String.format(ENCODED, "application/x-protostream"));
      RemoteCache<String, byte[]> wrapped = raw(cache, MediaType.APPLICATION_PROTOSTREAM);
      text(cache).put("k", "value");
      Run.equal(new byte[] {0x4a, 5, 'v', 'a', 'l', 'u', 'e'}, wrapped.get("k"));
      wrapped.put("k", new byte[] {0x28, 42});
      Run.equal("42", text(cache).get("k"));
      text(cache).put("k", "again");
      Run.equal("{\"_type\":\"string\",\"_value\":\"again\"}", string(raw(cache, MediaType.APPLICATION_JSON).get("k")).replaceAll("\\s", ""));
      r.manager.administration().removeCache(name);
   }

   private static void impossible(Run r) {
      String name = r.beside("impossible");
      RemoteCache<Object, Object> cache = r.create(name, String.format(ENCODED, "text/plain"));
      text(cache).put("k", "v");
      RemoteCache<String, byte[]> picture = raw(cache, MediaType.fromString("image/png"));
      Run.refused(() -> picture.get("k"));
      Run.equal("v", text(cache).get("k"));
      r.manager.administration().removeCache(name);
   }

   private static void declared(Run r) {
      if (r.label.equals("9")) {
         return;  // it keeps its own format
      }
      for (String type : new String[] {"text/plain", "application/x-protostream"}) {
         String name = r.beside("declared");
         RemoteCache<String, String> plain = r.create(name, String.format(ENCODED, type));
         plain.put("k", "v");
         Run.equal("v", plain.get("k"));
         Run.equal(Map.of("k", "v"), plain.getAll(Set.of("k")));
         Run.equal(Set.of("k"), plain.keySet().stream().collect(Collectors.toSet()));
         if (r.label.equals("16")) {
            Run.equal("v", text(plain).get("k"));
         }
         r.manager.administration().removeCache(name);
      }
   }

   private FormatCases() {
   }
}
