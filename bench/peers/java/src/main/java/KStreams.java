import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.apache.avro.Schema;
import org.apache.avro.io.*;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.processor.api.*;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.*;
import fleetstream.peers.Sample;

/**
 * The jobs of the comparison on Kafka Streams. Environment: KAFKA_BROKERS, TOPIC, RUN (application id and prefix of its topics), SAMPLE_ID,
 * SCHEMA (file), STATE_DIR, JOB=decode|twin|windows|both|live, THREADS, STORE=mem|rocks, EOS=0|1, COMMIT_MS, IMPL=papi|dsl. Prints one line of
 * JSON. A live job runs until its input ends.
 */
public final class KStreams {
  static final int PARTITIONS = 12;
  static final String FLUSH = "flush";
  static final CountDownLatch done = new CountDownLatch(PARTITIONS);
  static final LongAdder count = new LongAdder();
  static final DoubleAdder sum = new DoubleAdder();
  static final AtomicLong first = new AtomicLong();

  /** Counts after the whole depth-first pass of a record, so "processed" includes every child processor. */
  static final class Meter extends ContextualFixedKeyProcessor<String, Sample, Sample> {
    long n; double s;
    @Override public void process(FixedKeyRecord<String, Sample> r) {
      if (r.value() == null) return; // a tick of the clock, which is not for this peer
      if (n == 0) first.compareAndSet(0, System.nanoTime());
      context().forward(r);
      Sample v = r.value();
      n++;
      if (v.getTenant().equals(FLUSH)) { sum.add(s); done.countDown(); } else { s += v.getLatencyMs(); count.increment(); }
    }
  }

  // ---- twin
  static final class Twin {
    long max, bits, netTs = -1, fwTs = -1; String net = "", fw = "";
    int nm; String[] mk = new String[4]; double[] mv = new double[4]; long[] mt = new long[4];

    boolean accept(long seq) {
      if (seq > max) { long d = seq - max; bits = d >= 64 ? 1 : bits << d | 1; max = seq; return true; }
      long d = max - seq;
      if (d >= 64 || (bits >>> d & 1) != 0) return false;
      bits |= 1L << d; return true;
    }
    boolean merge(Sample e, long ts) {
      boolean ch = false;
      if (ts > netTs) { netTs = ts; net = e.getNetwork(); ch = true; }
      if (ts > fwTs) { fwTs = ts; fw = e.getFirmware(); ch = true; }
      for (Map.Entry<String, Double> x : e.getMetrics().entrySet()) {
        String k = x.getKey(); int i = 0;
        while (i < nm && !mk[i].equals(k)) i++;
        if (i == nm) {
          if (nm == mk.length) { mk = Arrays.copyOf(mk, nm * 2); mv = Arrays.copyOf(mv, nm * 2); mt = Arrays.copyOf(mt, nm * 2); }
          mk[nm] = k; mt[nm++] = -1;
        }
        if (ts > mt[i]) { mt[i] = ts; mv[i] = x.getValue(); ch = true; }
      }
      return ch;
    }
    byte[] json(Sample e, long ts) {
      StringBuilder b = new StringBuilder(320);
      b.append("{\"device\":\"").append(e.getDevice()).append("\",\"tenant\":\"").append(e.getTenant()).append("\",\"seq\":").append(e.getSequence()).append(",\"ts\":").append(ts)
          .append(",\"network\":\"").append(net).append("\",\"firmware\":\"").append(fw).append("\",\"metrics\":{");
      for (int i = 0; i < nm; i++) { if (i > 0) b.append(','); b.append('"').append(mk[i]).append("\":").append(mv[i]); }
      return b.append("}}").toString().getBytes(StandardCharsets.ISO_8859_1);
    }
  }
  static final class TwinSerde implements Serde<Twin> {
    static void str(ByteBuffer b, String s) { byte[] x = s.getBytes(StandardCharsets.UTF_8); b.putShort((short) x.length).put(x); }
    static String str(ByteBuffer b) { byte[] x = new byte[b.getShort()]; b.get(x); return new String(x, StandardCharsets.UTF_8); }
    private static final ThreadLocal<ByteBuffer> BUF = ThreadLocal.withInitial(() -> ByteBuffer.allocate(4096)); // Streams asks for a new serializer on every put
    @Override public Serializer<Twin> serializer() {
      return (t, v) -> {
        if (v == null) return null;
        ByteBuffer b = BUF.get().clear(); b.putLong(v.max).putLong(v.bits).putLong(v.netTs).putLong(v.fwTs); str(b, v.net); str(b, v.fw); b.put((byte) v.nm);
        for (int i = 0; i < v.nm; i++) { str(b, v.mk[i]); b.putDouble(v.mv[i]).putLong(v.mt[i]); }
        return Arrays.copyOf(b.array(), b.position());
      };
    }
    @Override public Deserializer<Twin> deserializer() {
      return (t, d) -> {
        if (d == null) return null;
        ByteBuffer b = ByteBuffer.wrap(d); Twin v = new Twin();
        v.max = b.getLong(); v.bits = b.getLong(); v.netTs = b.getLong(); v.fwTs = b.getLong(); v.net = str(b); v.fw = str(b); v.nm = b.get();
        if (v.nm > 4) { v.mk = new String[v.nm]; v.mv = new double[v.nm]; v.mt = new long[v.nm]; }
        for (int i = 0; i < v.nm; i++) { v.mk[i] = str(b); v.mv[i] = b.getDouble(); v.mt[i] = b.getLong(); }
        return v;
      };
    }
  }
  static final class TwinProc extends ContextualProcessor<String, Sample, String, byte[]> {
    KeyValueStore<String, Twin> st;
    @Override public void init(ProcessorContext<String, byte[]> c) { super.init(c); st = c.getStateStore("twin"); }
    @Override public void process(Record<String, Sample> r) {
      Sample e = r.value();
      if (e.getTenant().equals(FLUSH)) return;
      Twin t = st.get(r.key());
      if (t == null) t = new Twin();
      if (!t.accept(e.getSequence())) return;
      long ts = r.timestamp();
      boolean ch = t.merge(e, ts);
      st.put(r.key(), t);
      if (ch) context().forward(r.withValue(t.json(e, ts)));
    }
  }

  // ---- connectivity
  static final class Conn { long n, lost; double rssi, lat;
    Conn add(Sample e) { double l = e.getLatencyMs(); if (n == 0 || l > lat) lat = l; n++; lost += e.getLost(); rssi += e.getRssi(); return this; }
    byte[] json(String device, long start) {
      return ("{\"device\":\"" + device + "\",\"start\":" + start + ",\"count\":" + n + ",\"lost\":" + lost + ",\"rssiAvg\":" + rssi / n + ",\"latencyMax\":" + lat + "}").getBytes(StandardCharsets.ISO_8859_1);
    } }
  static final class ConnSerde implements Serde<Conn> {
    @Override public Serializer<Conn> serializer() { return (t, v) -> v == null ? null : ByteBuffer.allocate(32).putLong(v.n).putLong(v.lost).putDouble(v.rssi).putDouble(v.lat).array(); }
    @Override public Deserializer<Conn> deserializer() { return (t, d) -> { if (d == null) return null; ByteBuffer b = ByteBuffer.wrap(d); Conn c = new Conn(); c.n = b.getLong(); c.lost = b.getLong(); c.rssi = b.getDouble(); c.lat = b.getDouble(); return c; }; }
  }
  /** Processor-API windows: key = windowStart|device, so closing is one range scan per minute of stream time. */
  static final class ConnProc extends ContextualProcessor<String, Sample, String, byte[]> {
    static final Bytes META = Bytes.wrap(new byte[] {(byte) 0xff});
    KeyValueStore<Bytes, Conn> st; long streamTime = -1, closed = 0; // windows with start < closed are closed
    static Bytes key(long start, byte[] dev) { return Bytes.wrap(ByteBuffer.allocate(8 + dev.length).putLong(start).put(dev).array()); }
    @Override public void init(ProcessorContext<String, byte[]> c) {
      super.init(c); st = c.getStateStore("conn");
      Conn m = st.get(META); if (m != null) { closed = m.n; streamTime = m.lost; }
    }
    @Override public void process(Record<String, Sample> r) {
      long ts = r.timestamp(), ws = ts - ts % 60_000;
      if (ts > streamTime) streamTime = ts;
      if (ws >= closed) {
        Bytes k = key(ws, r.key().getBytes(StandardCharsets.UTF_8));
        Conn c = st.get(k); if (c == null) c = new Conn();
        st.put(k, c.add(r.value()));
      }
      long lim = streamTime - 90_000, newClosed = lim - Math.floorMod(lim, 60_000L) + 60_000; // start + 60s + 30s <= streamTime
      if (newClosed > closed) {
        List<Bytes> del = new ArrayList<>();
        try (var it = st.range(key(closed, new byte[0]), key(newClosed, new byte[0]))) {
          while (it.hasNext()) {
            KeyValue<Bytes, Conn> x = it.next(); byte[] kb = x.key.get();
            String key = new String(kb, 8, kb.length - 8, StandardCharsets.UTF_8), dev = key.substring(key.indexOf('/') + 1);
            long start = ByteBuffer.wrap(kb).getLong();
            context().forward(new Record<>(key, x.value.json(dev, start), start + 59_999));
            del.add(x.key);
          }
        }
        for (Bytes b : del) st.delete(b);
        closed = newClosed;
        Conn m = new Conn(); m.n = closed; m.lost = streamTime; st.put(META, m);
      }
    }
  }

  static <K, V> StoreBuilder<KeyValueStore<K, V>> kv(String name, boolean mem, Serde<K> k, Serde<V> v) {
    var b = Stores.keyValueStoreBuilder(mem ? Stores.inMemoryKeyValueStore(name) : Stores.persistentKeyValueStore(name), k, v);
    return env("CACHE", "1").equals("1") ? b.withCachingEnabled() : b;
  }

  public static void main(String[] a) throws Exception {
    String job = env("JOB", "decode"), topic = env("TOPIC", "fleet.events"), store = env("STORE", "mem"), impl = env("IMPL", "papi");
    int threads = envInt("THREADS", 1); boolean eos = env("EOS", "0").equals("1"), mem = store.equals("mem");
    int commit = envInt("COMMIT_MS", eos ? 100 : 30_000);
    String run = env("RUN", "peers");
    boolean live = job.equals("live"), all = live || job.equals("both"), twin = all || job.equals("twin"), conn = all || job.equals("windows");
    StreamsBuilder sb = new StreamsBuilder();
    KStream<String, Sample> in = sb.stream(topic, Consumed.with(Serdes.String(), Serdes.serdeFrom((t, d) -> { throw new UnsupportedOperationException(); }, new DelegatingCodec()))
        .withTimestampExtractor((r, p) -> r.value() == null ? Math.max(p, 0) : ((Sample) r.value()).getEventTime()));
    KStream<String, Sample> s = in.processValues(Meter::new);
    Produced<String, byte[]> prod = Produced.with(Serdes.String(), Serdes.ByteArray());
    if (twin) {
      sb.addStateStore(kv("twin", mem, Serdes.String(), new TwinSerde()));
      s.process(TwinProc::new, "twin").to(run + "-twin", prod);
    }
    if (conn) {
      if (impl.equals("papi")) {
        sb.addStateStore(kv("conn", mem, Serdes.Bytes(), new ConnSerde()));
        s.process(ConnProc::new, "conn").to(run + "-windows", prod);
      } else {
        var w = s.groupByKey(Grouped.with(Serdes.String(), null)).windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), Duration.ofSeconds(30)));
        // suppress(), not EmitStrategy.onWindowClose(): that one emits at most once a wall-clock second and only on input, so the tail of a backlog never appears.
        Materialized<String, Conn, WindowStore<Bytes, byte[]>> m = mem
            ? Materialized.as(Stores.inMemoryWindowStore("conn", Duration.ofMinutes(2), Duration.ofMinutes(1), false)) : Materialized.as("conn");
        m = m.withKeySerde(Serdes.String()).withValueSerde(new ConnSerde());
        KTable<Windowed<String>, Conn> t = w.aggregate(Conn::new, (k, v, c) -> c.add(v), env("CACHE", "1").equals("1") ? m : m.withCachingDisabled())
            .suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()));
        t.toStream((k, v) -> k).map((k, v) -> KeyValue.pair(k.key(), v.json(k.key().substring(k.key().indexOf('/') + 1), k.window().start()))).to(run + "-windows", prod);
      }
    }
    Path state = Files.createTempDirectory(Paths.get(env("STATE_DIR", ".")), "state-");
    Properties p = new Properties();
    p.put("application.id", run); p.put("bootstrap.servers", env("KAFKA_BROKERS", "localhost:9092")); p.put("num.stream.threads", threads); p.put("state.dir", state.toString());
    p.put("processing.guarantee", eos ? "exactly_once_v2" : "at_least_once"); p.put("commit.interval.ms", commit); p.put("replication.factor", 1);
    p.put("topology.optimization", "all"); p.put("consumer.auto.offset.reset", "earliest");
    p.put("consumer.max.poll.records", env("POLL", "5000")); p.put("producer.batch.size", env("BATCH", "131072")); p.put("producer.buffer.memory", "134217728");
    p.put("statestore.cache.max.bytes", env("CACHE_BYTES", "33554432"));
    p.put("log.summary.interval.ms", -1L); p.put("topic.retention.ms", "-1");
    KafkaStreams ks = new KafkaStreams(sb.build(p), p);
    ks.setUncaughtExceptionHandler(e -> { e.printStackTrace(); Runtime.getRuntime().halt(1); return null; });
    ks.start();
    if (live) {
      while (System.in.read() >= 0) { }
      ks.close(Duration.ofSeconds(60));
      System.out.printf("{\"peakMiB\":%d}%n", peakKb() / 1024);
      Runtime.getRuntime().halt(0);
    }
    double c0; long gate, before;
    for (;; Thread.sleep(5)) { // the clock starts when every thread owns its share of the tasks; earlier records are not counted
      gate = System.nanoTime(); before = count.sum(); c0 = cpuSec();
      if (first.get() != 0 && ks.metadataForLocalThreads().stream().allMatch(t -> t.activeTasks().size() == PARTITIONS / threads)) break;
      if (done.getCount() == 0) throw new IllegalStateException("tasks were never balanced");
    }
    List<long[]> samples = new ArrayList<>();
    while (!done.await(20, TimeUnit.MILLISECONDS)) samples.add(new long[] {System.nanoTime(), count.sum()});
    long last = System.nanoTime();
    double c1 = cpuSec();
    if (!ks.close(Duration.ofSeconds(60))) throw new IllegalStateException("close timed out");
    long n = count.sum(), m = n - before, f = gate;
    double sec = (last - f) / 1e9, half = Double.NaN;
    for (long[] x : samples) if (x[1] >= before + m / 2) { half = (n - x[1]) / ((last - x[0]) / 1e9); break; }
    System.out.printf(Locale.ROOT, "{\"timed\":%d,\"seconds\":%.3f,\"secondHalf\":%.0f,\"cpuSeconds\":%.2f,\"peakMiB\":%d,\"decode\":{\"count\":%d,\"sum\":%s}}%n",
        m, sec, half, c1 - c0, peakKb() / 1024, n, sum.sum());
    try (var w = Files.walk(state)) { w.sorted(Comparator.reverseOrder()).forEach(x -> x.toFile().delete()); }
    Runtime.getRuntime().halt(0);
  }

  static String env(String k, String d) { String v = System.getenv(k); return v == null || v.isEmpty() ? d : v; }
  static int envInt(String k, int d) { return Integer.parseInt(env(k, "" + d)); }
  static double cpuSec() { return ((com.sun.management.OperatingSystemMXBean) java.lang.management.ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime() / 1e9; }
  static long peakKb() {
    try {
      for (String l : Files.readAllLines(Paths.get("/proc/self/status"))) if (l.startsWith("VmHWM:")) return Long.parseLong(l.replaceAll("\\D+", ""));
    } catch (IOException e) { /* not Linux */ }
    return -1;
  }

  /** What KafkaAvroDeserializer does, without its copies. The topic holds ticks of the clock too, under another id: they are null here. */
  static final class Codec {
    static final int ID = envInt("SAMPLE_ID", 0);
    final SpecificDatumReader<Sample> reader;
    BinaryDecoder decoder;
    Codec() {
      try { reader = new SpecificDatumReader<>(new Schema.Parser().parse(Files.readString(Paths.get(env("SCHEMA", "")))), Sample.getClassSchema()); }
      catch (IOException e) { throw new UncheckedIOException(e); }
    }
    Sample deserialize(byte[] b) {
      if (b == null || b[0] != 0 || ByteBuffer.wrap(b).getInt(1) != ID) return null;
      decoder = DecoderFactory.get().binaryDecoder(b, 5, b.length - 5, decoder);
      try { return reader.read(null, decoder); } catch (IOException e) { throw new UncheckedIOException(e); }
    }
  }

  /** Streams shares one Serde instance between tasks of all threads; the decoder is stateful, so keep one per thread. */
  static final class DelegatingCodec implements Deserializer<Sample> {
    private final ThreadLocal<Codec> c = ThreadLocal.withInitial(Codec::new);
    @Override public Sample deserialize(String t, byte[] b) { return c.get().deserialize(b); }
  }
}
